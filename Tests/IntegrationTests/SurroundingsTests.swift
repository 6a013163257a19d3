import Glibc
import JSON
import TestSupport
import Testing

/// Rows A07 and A08: whatever the agent is started with, it behaves the same, or says clearly why not.
@Suite(.crowd)
struct SurroundingsTests {
    @Test(arguments: [
        "exec 0<&- 1>&- 2>&-", "umask 000", "trap '' CHLD PIPE HUP", "export LC_ALL=tr_TR.UTF-8 TZ=:odd; unset HOME",
        "export PATH=", "i=3; while [ $i -lt 200 ]; do eval \"exec $i</dev/null\"; i=$((i+1)); done",
    ])
    func surroundingsMakeNoDifference(start: String) async throws {
        let broker = try await BrokerFixture()
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            #"{"Host": "127.0.0.1:\#(broker.port)", "Hostname": "odd", "Services": {"t": {"commands": {"fds": "ls /proc/self/fd | wc -l"}}}}"#,
            to: "config.json"
        )
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        let line =
            "\(start); exec \"$0\" run --config '\(file)' --state '\(directory.path)/state' --runtime '\(directory.path)/run'"
        // dash cannot name descriptors of two digits.
        let agent = try ChildProgram(["/bin/bash", "-c", line, Programs.agent], output: null)
        let sender = try await Sender(broker, topic: "recovery/odd/command", results: "recovery/odd/result")
        try await eventually("the agent is there") { broker.log.contains("Sending SUBACK to recoverd-agent-odd") }
        let answer = try await sender.ask(1, "t", "fds")
        // ls has its three and the directory.
        #expect(answer.message == "4")
        var status = stat()
        #expect(stat("\(directory.path)/state", &status) == 0 && status.st_mode & 0o777 == 0o700)
        await sender.stop()
        agent.end(SIGTERM)
    }

    @Test func tooFewDescriptorsAreRefusedClearly() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(#"{"Host": "127.0.0.1", "Services": {}}"#, to: "config.json")
        let line =
            "ulimit -n 10; exec '\(Programs.agent)' run --config '\(file)' --state '\(directory.path)/state' --runtime '\(directory.path)/run'"
        let ended = try Ended.running(["/bin/sh", "-c", line])
        #expect(ended.status != 0 && ended.errors.contains("10 open files are allowed"), "\(ended.errors)")
    }

    /// On a host with one core Swift's pool has one thread: the host's promises hold there too.
    @Test func promisesOfTheHostHoldOnOneCore() throws {
        let ended = try Ended.running(
            [
                // The others of this run share that core, and the deadlines of these tests are for a core of their own.
                "/usr/bin/nice", "-n", "-15", "/usr/bin/taskset", "-c", "0", Programs.tests, "--testing-library",
                "swift-testing", "--filter", "PluginHostTests",
            ]
        )
        #expect(ended.status == 0, "\(ended.output.suffix(2000))")
    }
}
