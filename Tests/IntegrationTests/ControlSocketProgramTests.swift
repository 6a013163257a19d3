import CSystem
import Glibc
import JSON
import TestSupport
import Testing

/// The control socket of a real agent.
@Suite(.crowd)
struct ControlSocketProgramTests {
    /// What the socket takes and what it does not: the agent's side of it.
    @Test func socketHasTheServiceOfTheAgentOnly() async throws {
        let broker = try await BrokerFixture()
        let agent = try await AgentFixture(broker)
        let path = agent.directory.path("state/control.sock")
        let answers = try await ask(
            path,
            [
                #"{"task_id": 1, "service": "hello", "command": "exec"}"#, "garbage", #"{"task_id": 2}"#,
                #"{"task_id": 3, "cancel": 1}"#, #"{"task_id": "x", "service": "agent", "command": "ping"}"#,
            ])
        #expect(answers.map { $0["code"] } == [0x1000, 0x1004, 0x1004, 0x1000, 0])
        #expect(answers.map { $0["task_id"] } == [1, .null, 2, 3, "x"])
        #expect(answers.first?["message"]?.string?.contains("broker") == true)
        #expect(agent.end() == 0)
        #expect(access(path, F_OK) == -1)
    }

    private func ask(_ path: String, _ lines: [String]) async throws -> [JSONObject] {
        let descriptor = csystem_connect_local(path)
        guard descriptor >= 0 else { throw SystemFailure("connect", errno) }
        defer { close(descriptor) }
        let text = Array((lines.joined(separator: "\n") + "\n").utf8)
        guard write(descriptor, text, text.count) == text.count else { throw SystemFailure("write", errno) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        try await eventually("all answers") {
            while case let count = read(descriptor, &buffer, buffer.count), count > 0 { bytes += buffer.prefix(count) }
            return bytes.filter { $0 == UInt8(ascii: "\n") }.count == lines.count
        }
        return try bytes.split(separator: UInt8(ascii: "\n")).map { line in
            try #require(JSONText(Array(line)).value.object)
        }
    }

    /// The rights of the file are not all that stands between the agent and other users.
    @Test(.enabled(if: getuid() == 0, "only root can become another user"))
    func otherUsersAreTurnedAway() async throws {
        let broker = try await BrokerFixture()
        let agent = try await AgentFixture(broker)
        let state = agent.directory.path("state")
        // A program that this user can reach, wherever the build is.
        let program = agent.directory.path("recoverctl")
        try ChildProgram.run("/bin/cp", Programs.recoverctl, program)
        let asNobody = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program, "status"]
        chmod(agent.directory.path, 0o755)
        #expect(try Ended.running([program, "status", "--state", state]).status == 0)
        let closed = try Ended.running(asNobody + ["--state", state])
        #expect(closed.status == 4)
        #expect(closed.errors.contains("Permission denied"))
        chmod(state, 0o755)
        chmod(state + "/control.sock", 0o666)
        let turnedAway = try Ended.running(asNobody + ["--state", state])
        #expect(turnedAway.status == 4, "\(turnedAway)")
        #expect(turnedAway.errors.contains("only root and its own user"))
        try await eventually("the log says so") { agent.log.contains("turned away") }
        #expect(try Ended.running([program, "status", "--state", state]).status == 0)
    }

    @Test func fortyAskersAtOnceAreAllAnswered() async throws {
        let broker = try await BrokerFixture()
        let agent = try await AgentFixture(broker)
        let line = """
            for i in $(seq 40); do \(Programs.recoverctl) tasks --state \(agent.directory.path("state")) --jsonl & done
            for job in $(jobs -p); do wait $job || exit 1; done
            """
        let ended = try Ended.running(["/bin/bash", "-c", line])
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(agent.end() == 0)
    }
}
