import CRunner
import Glibc
import TestSupport
import Testing

/// What the runner has and a command has not, and the other way round.
@Suite(.crowd) struct PrivilegeTests {
    private static let mayLeave = getuid() == 0

    /// What a line of the shell prints.
    private func output(_ line: String, of runner: Runner) async throws -> String {
        try runner.connect().shell(1, line)
        return try await runner.ended(1).output
    }

    private static func network(_ process: String) -> String {
        var text = [CChar](repeating: 0, count: 64)
        let count = readlink("/proc/\(process)/ns/net", &text, text.count)
        return String(decoding: text.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    @Test(.enabled(if: mayLeave, "only root may leave a network"))
    func runnerAndSupervisorsLeaveTheNetworkAndCommandsHaveIt() async throws {
        let runner = try await Runner(["--stay", "--no-network"])
        let networks = try await output("readlink /proc/self/ns/net /proc/$PPID/ns/net", of: runner)
            .split(separator: "\n").map(String.init)
        #expect(networks == [Self.network("self"), Self.network("\(runner.child.identifier)")])
        #expect(networks.first != networks.last && !runner.words.contains("stays"))
        // Two lines of titles, and "lo".
        let devices = try TestFiles.text("/proc/\(runner.child.identifier)/net/dev").split(separator: "\n")
        #expect(devices.count == 3 && devices[2].contains("lo:"))
    }

    /// Not everybody may have himself spared, root in a container included: what the runner reads of itself is a file here.
    @Test(.enabled(if: mayLeave, "only root may mount"), arguments: [(-900, 0), (0, 300), (300, 300)])
    func commandsAreNotSparedWhenMemoryRunsOut(runner score: Int, command expected: Int) async throws {
        let directory = try TemporaryDirectory()
        try directory.write("\(score)\n", to: "score")
        let script = "mount --bind \(directory.path("score")) /proc/$$/oom_score_adj && exec \"$@\""
        let runner = try await Runner(by: [
            "/usr/bin/choom", "-n", "300", "--", "/usr/bin/unshare", "--mount", "/bin/sh", "-c", script, "sh",
        ])
        #expect(try await output("cat /proc/self/oom_score_adj", of: runner) == "\(expected)\n")
    }

    @Test func serviceManagerHearsThatTheSocketIsThere() async throws {
        let socket = try NotifySocket()
        let runner = try await Runner(by: ["/usr/bin/env", "NOTIFY_SOCKET=\(socket.path)"])
        try await eventually("it is told") { socket.take() == ["READY=1"] }
        withExtendedLifetime(runner) {}
    }
}
