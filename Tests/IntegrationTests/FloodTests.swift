import CommandCatalog
import Glibc
import JSON
import TestSupport
import Testing

/// One sender sends what he can, and the agent still has time for the others.
@Suite(.crowd, .serialized)
struct FloodTests {
    /// What the flood is of.
    enum Flood: String, CaseIterable {
        /// Under the name of a key that is trusted, so that each signature must be looked at.
        case forged
        /// Well signed, by somebody who has had his share.
        case tooMuch
        /// Without any signature.
        case unsigned
    }

    private static let rules: JSONValue = [
        ["action": "allow", "who": "*", "service": "*", "command": "*"],
        ["action": "allow", "who": "*", "service": "agent", "command": "ping"],
    ]
    /// `RECOVERD_FLOOD` says another rate: 10000 is for an agent that was built with optimisation, which reads twenty times
    /// as many messages in a second.
    private static let given = getenv("RECOVERD_FLOOD").flatMap { Int(String(cString: $0)) }
    private static let perSecond = given ?? 200
    /// What is promised is for such an agent on a machine that does not run all tests at once.
    private static let deadline = Duration.seconds(given == nil ? 60 : 2)
    private static let seconds = 5

    @Test("T26, M61: a flood of one leaves the agent to the others", arguments: Flood.allCases)
    func othersAreHeard(flood: Flood) async throws {
        let trust = try Trust(rules: Self.rules)
        var members = trust.members
        members["SenderRate"] = "100/10s"
        try await Stage.with(members, commands: { ["note": .string(Stage.noted(in: $0))] }) {
            (stage: Stage) async throws in
            let payloads = try Self.payloads(flood, trust)
            let begin = ContinuousClock.now
            let before = try Self.residentKilobytes(stage.agent.identifier)
            try await Sender.with(stage.broker, results: "nobody/listens") { hostile in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await Self.publish(payloads, by: hostile) }
                    for round in 1...Self.seconds {
                        try await Task.sleep(for: .milliseconds(700))
                        try await Self.ping(stage, trust, round)
                    }
                    group.cancelAll()
                }
            }
            let (executed, passed) = (stage.executed.count, Int((ContinuousClock.now - begin) / .seconds(1)))
            #expect(flood == .tooMuch ? executed <= 110 + passed * 10 : executed == 0, "\(executed)")
            // The address sanitizer keeps what was freed.
            guard ProcessEnvironment.sanitizer["ASAN_OPTIONS"] == nil else { return }
            let after = try Self.residentKilobytes(stage.agent.identifier)
            #expect(after - before < 16 << 10)
        }
    }

    private static func payloads(_ flood: Flood, _ trust: Trust) throws -> [[UInt8]] {
        let liar = try Signer("ops")
        return (1...2000 as ClosedRange<Int64>).map { id in
            switch flood {
            case .forged: liar.task(id, "note")
            case .tooMuch: trust.ops.task(id, "note")
            case .unsigned: Sender.task(.integer(id), ["service": "t", "command": "note"])
            }
        }
    }

    private static func publish(_ payloads: [[UInt8]], by hostile: Sender) async throws {
        let begin = ContinuousClock.now
        for index in 0... {
            if Task.isCancelled { return }
            hostile.publish(payloads[index % payloads.count])
            guard index.isMultiple(of: 30) else { continue }
            let due = begin + .seconds(index) / perSecond
            if due > .now { try? await Task.sleep(until: due) }
        }
    }

    /// Asks again and again, as senders do, because a broker drops what it has no room for.
    private static func ping(_ stage: Stage, _ trust: Trust, _ round: Int) async throws {
        var (asked, next) = (0, ContinuousClock.now)
        func ids() -> [Int64] { (0..<asked).map { Int64(1_000_000 * round + $0) } }
        // To look through all answers takes its time, which the agent and the broker need.
        try await eventually(within: deadline, "an answer in round \(round)", every: .milliseconds(50)) {
            if .now >= next {
                stage.sender.publish(trust.guest.task(Int64(1_000_000 * round + asked), "ping", service: "agent"))
                (asked, next) = (asked + 1, next + .milliseconds(200))
            }
            return ids().contains { stage.sender.answers(to: .integer($0)).first?.code == 0 }
        }
    }

    private static func residentKilobytes(_ process: pid_t) throws -> Int {
        let status = AgentProcesses.content("/proc/\(process)/status")
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        return try #require(Int(line.filter(\.isNumber)))
    }
}
