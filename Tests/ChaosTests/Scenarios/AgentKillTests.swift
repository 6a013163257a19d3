import Glibc
import TestSupport
import Testing

extension ChaosTests {
    /// Processes of ours are killed while tasks come, run and end.
    @Suite struct Kills {
        static let commands = Chaos.size(full: 10_000, slice: 500)
        static let kills = Chaos.size(full: 200, slice: 20)

        @Test("F-02: the agent is killed; nobody repeats a task") func agent() async throws {
            var options = Rig.Options()
            options.retry = nil
            try await scenario("F-02 agent killed", options) { rig, generator in
                let tasks = ChaosTask.many(Self.commands, using: &generator)
                try await rig.run(tasks, faults: Self.kills, &generator) { try await rig.killAgent() }
            }
        }

        @Test("F-02: the agent is killed; the sender repeats") func agentWithRepetition() async throws {
            var options = Rig.Options()
            options.retry = .milliseconds(300)
            try await scenario("F-02 agent killed, sender repeats", options) { rig, generator in
                let tasks = ChaosTask.many(Self.commands / 4, using: &generator)
                try await rig.run(tasks, faults: Self.kills / 4, &generator) { try await rig.killAgent() }
            }
        }
    }
}
