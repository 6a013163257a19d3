import CommandCatalog
import Glibc
import JSON
import TestSupport
import Testing

extension ChaosTests {
    /// Time passes while nobody looks, jumps, or begins anew.
    @Suite struct Times {
        @Test("F-28: a stale queue, by `expires`") func expired() async throws {
            let count = 1000
            var options = Rig.Options()
            options.retry = nil
            options.outstanding = 2 * count
            options.mayRefuse = count
            try await scenario("F-28 a thousand expired tasks", options) { rig, _ in
                rig.agent.end(SIGTERM)
                let before = rig.agent.log.utf8.count
                let end = Timestamp.now + .seconds(3)
                rig.sender.submit((0..<count).map { ChaosTask("stale-\($0)", expires: end) })
                rig.countFault()
                try await rig.pause(.seconds(5))
                try await rig.startAgent()
                try await rig.settle()
                try await rig.expectAllRefused(count, logFrom: before)
            }
        }

        @Test(
            "F-28: a stale queue, by age",
            .needsFaketime) func old()
            async throws
        {
            let count = 1000
            let clock = try FakeClock()
            var options = Rig.Options()
            options.retry = nil
            options.outstanding = 2 * count
            options.mayRefuse = count
            options.surroundings = clock.surroundings
            options.members = ["RequireTimestamp": true]
            try await scenario("F-28 a thousand tasks of three days ago", options) { rig, _ in
                rig.agent.end(SIGTERM)
                let before = rig.agent.log.utf8.count
                rig.sender.submit((0..<count).map { ChaosTask("old-\($0)") })
                rig.countFault()
                try await rig.pause(.seconds(1))
                try clock.set("+3d")
                try await rig.startAgent()
                try await rig.settle()
                try await rig.expectAllRefused(count, logFrom: before)
            }
        }

        @Test(
            "F-29: the clock jumps",
            .needsFaketime) func jumps()
            async throws
        {
            let clock = try FakeClock()
            var options = Rig.Options()
            options.surroundings = clock.surroundings
            options.members = ["RequireTimestamp": true]
            options.mayRefuse = 3
            try await scenario("F-29 clock jumps", options) { rig, _ in
                // A day forward while a command runs: its timeout does not come.
                rig.excuse("timeout")
                rig.sender.submit([ChaosTask("running", code: 6, wait: "3"), ChaosTask("timeout", command: "short")])
                try await rig.wait { try rig.executed() >= 3 }
                try clock.set("+1d")
                rig.countFault()
                try await rig.settle()
                let codes = rig.sender.answers(to: "timeout").keys.map(\.code)
                rig.expect(codes == [ResultCode.timedOut.rawValue], "the time-out was answered \(codes)")
                // What is of today is a day old there.
                try await rig.run([ChaosTask("a-day-old")])
                try await rig.run([ChaosTask("of-tomorrow", code: 1, timestamp: .now + .seconds(86_400))])
                // Back: the agent has seen a later time, so its clock is suspect, and what is fresh for it may be old.
                try clock.set("+0")
                rig.countFault()
                try await rig.run([ChaosTask("suspect")])
                let suspect = rig.sender.answers(to: "suspect").keys.map(\.code)
                rig.expect(suspect == [0x1005], "behind the high-water mark a task was answered \(suspect)")
                // 1970 at boot.
                rig.agent.end(SIGTERM)
                try clock.set("@1970-01-01 00:00:10")
                rig.countFault()
                try await rig.startAgent()
                try await rig.run([ChaosTask("of-1970", timestamp: Timestamp(seconds: 20))])
                let refused = ["a-day-old", "of-1970"].map { rig.sender.answers(to: $0).keys.map(\.code) }
                rig.expect(refused == [[0x1005], [0x1005]], "stale tasks were answered \(refused)")
            }
        }

        /// A plain task that comes again after a day is a new one, unless timestamps are asked for.
        @Test(
            "M42: the same bytes after 23 hours, and after 25",
            .needsFaketime,
            arguments: [false, true])
        func nextDay(isRequired: Bool) async throws {
            let clock = try FakeClock()
            var options = Rig.Options()
            options.retry = nil
            options.surroundings = clock.surroundings
            options.members = ["RequireTimestamp": .bool(isRequired)]
            let rig = try await Rig("M42 \(isRequired)", options)
            try await rig.startAgent(options.surroundings)
            let task = ChaosTask("daily", code: 7)
            func answers() -> [Int: Int] {
                Dictionary(rig.sender.answers(to: task.id).map { ($0.key.code, $0.value) }, uniquingKeysWith: +)
            }
            try await rig.run([task])
            try clock.set("+23h")
            rig.sender.publish(task.payload)
            try await eventually("the stored answer") { answers() == [7: 2] }
            #expect(try rig.executed() == 1)
            // That the broker has the answer is written at leisure, or at the stop; until then nothing is forgotten.
            #expect(rig.agent.end(SIGTERM) == 0)
            try clock.set("+25h")
            try await rig.startAgent()
            rig.sender.publish(task.payload)
            try await eventually("another answer") { answers() == (isRequired ? [7: 2, 0x1005: 1] : [7: 3]) }
            #expect(try rig.executed() == (isRequired ? 1 : 2))
            #expect(try await rig.end() == [])
        }

        @Test("F-05: the machine starts anew in the middle of a command", arguments: [true, false])
        func reboot(losesRuntime: Bool) async throws {
            let name = "F-05 reboot, runtime directory \(losesRuntime ? "lost" : "kept")"
            var options = Rig.Options()
            options.retry = .milliseconds(500)
            try await scenario(name, options) { rig, _ in
                for round in 0..<Chaos.size(full: 20, slice: 1) {
                    let before = try rig.executed()
                    let id = "cut-\(round)"
                    rig.sender.submit([ChaosTask(id, wait: "600")])
                    try await rig.wait { try rig.executed() > before }
                    rig.agent.end(SIGKILL)
                    for process in rig.agent.ours { kill(process, SIGKILL) }
                    if losesRuntime { try ChildProgram.run("/bin/rm", "-rf", rig.agent.runtime) }
                    rig.countFault()
                    rig.allowInterruption()
                    var surroundings = ChaosAgent.Surroundings()
                    surroundings.environment["RECOVERD_BOOT_ID"] =
                        "00000000-0000-4000-8000-00000000000\(round % 10)"
                    try await rig.startAgent(surroundings)
                    try await rig.settle()
                    let codes = rig.sender.answers(to: id).keys.map(\.code)
                    rig.expect(codes == [ResultCode.interrupted.rawValue], "\(id) was answered \(codes)")
                }
            }
        }
    }
}

extension Rig {
    /// None of so many ran, all were answered 0x1005, and the log has one line about it.
    fileprivate func expectAllRefused(_ count: Int, logFrom start: Int) async throws {
        let answers = try ledgers.read().answered.filter { $0.code == 0x1005 }
        expect(answers.count == count, "\(answers.count) of \(count) were answered 0x1005")
        let ran = try executed() - 1
        expect(ran == 0, "\(ran) ran")
        func lines() -> [Substring] {
            String(decoding: agent.log.utf8.dropFirst(start), as: UTF8.self).split(separator: "\n")
                .filter { $0.contains("expired") }
        }
        // It is told when no more come.
        try? await eventually("a summary") { !lines().isEmpty }
        let lines = lines()
        expect(lines.count == 1, "\(lines.count) lines of the log tell of it: \(lines.prefix(3))")
    }
}

extension FakeClock {
    /// How an agent is started that has this clock.
    var surroundings: ChaosAgent.Surroundings {
        var surroundings = ChaosAgent.Surroundings()
        surroundings.prefix = prefix
        return surroundings
    }
}
