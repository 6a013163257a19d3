import CRunner
import Glibc
import TestSupport
import Testing

/// However a command ends, nothing of it is left that should not be, and what should is.
@Suite(.crowd) struct EndingTests {
    /// Four ways out of a process group, each deaf to SIGTERM; `word` is on all their command lines.
    static func escapes(_ word: String) -> String {
        let deaf = "trap '' TERM; while :; do sleep 1; done # \(word)"
        return """
            trap '' TERM
            setsid sh -c "\(deaf)" &
            (sh -c "\(deaf)" &) &
            setpriv --pdeathsig clear bash -m -c "sh -c \\"\(deaf)\\" & wait" &
            (env -i /usr/bin/setsid /bin/sh -c "\(deaf)" &) &
            while :; do sleep 1; done # \(word)
            """
    }

    private static func word(_ name: String) -> String { "\(name)-\(getpid())-\(UInt32.random(in: 0...UInt32.max))" }

    @Test("T14, F-30: a time-out ends the whole tree") func timeOutEndsTheWholeTree() async throws {
        let runner = try await Runner()
        let word = Self.word("timeout")
        let client = try runner.connect()
        // On a loaded machine some may not have escaped by then; the test of the cancel waits for all.
        try client.shell(1, Self.escapes(word)) { $0.fixed.timeout = 3000 }
        let record = try await runner.ended(1)
        #expect(record.ending == RUNNER_TIMED_OUT && record.facts.survivors == 0)
        #expect(try TestFiles.processes(with: word).isEmpty)
    }

    @Test("F-30: a cancel ends the whole tree") func cancelEndsTheWholeTree() async throws {
        let runner = try await Runner()
        let word = Self.word("cancel")
        let client = try runner.connect()
        try client.shell(1, "echo before; " + Self.escapes(word))
        try await eventually("all have escaped") { try TestFiles.processes(with: word).count >= 5 }
        try client.send(RUNNER_CANCEL, 1)
        let record = try await runner.ended(1)
        #expect(record.ending == RUNNER_CANCELLED && record.facts.survivors == 0 && record.output == "before\n")
        #expect(try TestFiles.processes(with: word).isEmpty)
    }

    @Test func cancelRightAfterTheStartIsHeard() async throws {
        let runner = try await Runner()
        let client = try runner.connect()
        for run in UInt64(1)...20 {
            try client.send(RUNNER_START, run, Started("/bin/sleep", "1000").body(run))
            try client.send(RUNNER_CANCEL, run)
        }
        for run in UInt64(1)...20 { #expect(try await runner.ended(run).ending == RUNNER_CANCELLED) }
    }

    @Test("F-30: a stopped command hears the time-out") func stoppedCommandHearsTheTimeOut() async throws {
        let runner = try await Runner()
        try runner.connect().shell(1, "trap 'echo heard; exit' TERM; kill -STOP $$; sleep 1000") {
            ($0.fixed.timeout, $0.fixed.grace) = (200, 60_000)
        }
        let record = try await runner.ended(1)
        #expect(record.ending == RUNNER_TIMED_OUT && record.output == "heard\n")
    }

    @Test("F-31: a daemon lives on, and its hold of the output is not waited for")
    func daemonLivesOnAndItsHoldOfTheOutputIsNotWaitedFor() async throws {
        let runner = try await Runner()
        let client = try runner.connect()
        try client.shell(1, "setsid sleep 1000 & echo $!; exit 4")
        let record = try await runner.ended(1)
        #expect(record.ending == RUNNER_EXITED && record.facts.value == 4)
        let daemon = try #require(pid_t(record.output.dropLast()))
        #expect(TestFiles.isAlive(daemon))
        kill(daemon, SIGKILL)
    }

    @Test func stormLeavesNothingBehind() async throws {
        let runner = try await Runner()
        let client = try runner.connect()
        let descriptors = "/proc/\(runner.child.identifier)/fd"
        for run in UInt64(1)...200 {
            try client.send(RUNNER_START, run, Started("/bin/sh", "-c", "true & (true &); exit 5").body(run))
        }
        for _ in 1...200 { let _: runner_started = try client.answer(RUNNER_STARTED) }
        for run in UInt64(1)...200 { #expect(try await runner.ended(run).facts.value == 5) }
        try await eventually("all are reaped") { try TestFiles.zombies(of: runner.child.identifier) == 0 }
        try await eventually("no descriptor is left") {
            try TestFiles.names(descriptors).count == Runner.descriptorsWithOnePeer
        }
    }
}
