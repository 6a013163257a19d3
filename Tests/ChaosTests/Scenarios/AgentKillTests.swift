import Glibc
import JSON
import TestSupport
import Testing

extension ChaosTests {
    /// Processes of ours are killed while tasks come, run and end.
    @Suite struct Kills {
        static let commands = Chaos.size(full: 10_000, slice: 500)
        static let kills = Chaos.size(full: 200, slice: 20)
        /// As many in full size, but fewer in the slice, where every kind of kill has its turn.
        static let moreCommands = Chaos.size(full: 10_000, slice: 125)
        static let moreKills = Chaos.size(full: 200, slice: 10)

        @Test("F-02: the agent is killed; nobody repeats a task") func agent() async throws {
            var options = Rig.Options()
            options.retry = nil
            try await scenario("F-02 agent killed", options) { rig, generator in
                let tasks = ChaosTask.many(Self.commands, using: &generator)
                try await rig.run(tasks, faults: Self.kills, &generator) { _ in try await rig.killAgent() }
            }
        }

        @Test("F-02: the agent is killed; the sender repeats") func agentWithRepetition() async throws {
            var options = Rig.Options()
            options.retry = .milliseconds(300)
            try await scenario("F-02 agent killed, sender repeats", options) { rig, generator in
                let tasks = ChaosTask.many(Self.commands / 4, using: &generator)
                try await rig.run(tasks, faults: Self.kills / 4, &generator) { _ in try await rig.killAgent() }
            }
        }

        @Test("F-02: supervisors are killed") func supervisors() async throws {
            try await scenario("F-02 supervisors killed") { rig, generator in
                let tasks = Self.lasting(Self.moreCommands, &generator)
                try await rig.run(tasks, faults: Self.moreKills, &generator) { generator in
                    guard let victim = try await rig.aSupervisor(&generator) else { return }
                    rig.allowInterruption()
                    rig.countFault()
                    kill(victim, SIGKILL)
                }
            }
        }

        @Test("F-02: the runner is killed") func runner() async throws {
            try await scenario("F-02 runner killed") { rig, generator in
                let tasks = Self.lasting(Self.moreCommands, &generator)
                try await rig.run(tasks, faults: Self.moreKills, &generator) { _ in
                    var found: pid_t?
                    try await rig.wait(within: .seconds(5)) {
                        found = rig.agent.runner
                        return found != nil
                    }
                    guard let runner = found else { return }
                    rig.countFault()
                    kill(runner, SIGKILL)
                }
            }
        }

        @Test("F-02: agent and runner are killed together") func agentAndRunner() async throws {
            try await scenario("F-02 agent and runner killed") { rig, generator in
                let tasks = Self.lasting(Self.commands / 4, &generator)
                try await rig.run(tasks, faults: Self.kills / 2, &generator) { _ in
                    if let runner = rig.agent.runner { kill(runner, SIGKILL) }
                    try await rig.killAgent()
                }
            }
        }

        @Test("F-35: a command kills the agent") func suicide() async throws {
            try await scenario("F-35 command kills the agent") { rig, _ in
                for number in 0..<Chaos.size(full: 20, slice: 2) {
                    rig.sender.submit([ChaosTask("suicide-\(number)", code: 7, command: "suicide")])
                    let isDead = try await rig.wait { !rig.agent.isAlive }
                    rig.expect(isDead, "the agent survived its command")
                    rig.agent.end()
                    rig.countFault()
                    try await rig.startAgent()
                    try await rig.settle()
                }
            }
        }

        @Test("F-36: the agent is stopped and another takes over") func upgrade() async throws {
            var options = Rig.Options()
            options.members = ["MaxConcurrent": 32]
            try await scenario("F-36 stop with 20 running", options) { rig, _ in
                for round in 0..<Chaos.size(full: 10, slice: 1) {
                    let before = try rig.executed()
                    rig.sender.submit((0..<20).map { ChaosTask("u\(round)-\($0)", code: $0, wait: "9") })
                    try await rig.wait { try rig.executed() >= before + 20 }
                    let status = rig.agent.end(SIGTERM)
                    rig.expect(status == 0, "the agent's exit status is \(status)")
                    rig.countFault()
                    try await rig.startAgent()
                    try await rig.settle()
                }
            }
        }

        /// Tasks of which half last some tenths of a second, so that there is something to hit.
        static func lasting(_ count: Int, prefix: String = "l", _ generator: inout SeededGenerator) -> [ChaosTask] {
            (0..<count).map { number in
                let wait = generator.happens(onceIn: 2) ? "0.\(1 + generator.number(below: 3))" : "0"
                return ChaosTask("\(prefix)-\(number)", code: generator.number(below: 126), wait: wait)
            }
        }
    }
}

extension Rig {
    /// A supervisor of a running command; `nil` if there is none for a while.
    func aSupervisor(_ generator: inout SeededGenerator) async throws -> pid_t? {
        var found: [pid_t] = []
        try await wait(within: .seconds(2)) {
            found = agent.supervisors
            return !found.isEmpty
        }
        return found.isEmpty ? nil : generator.one(of: found)
    }
}
