import CommandCatalog
import Glibc
import JSON
import TestSupport
import Testing

/// What the program does when no answer comes.
@Suite(.crowd) struct FailureProgramTests {
    @Test func withoutAResultTopicNobodyWaits() async throws {
        let broker = try await BrokerFixture()
        let agent = try await StandIn(port: broker.port)
        let program = try SentProgram(["-h", "127.0.0.1:\(broker.port)", "-t", "cmd", "hello", "exec"])
        #expect(try await program.status() == 0)
        #expect(program.error == "send-command: sent, and not waited for an answer: no --result-topic was given\n")
        try await eventually("the task arrives") { agent.tasks.count == 1 }
    }

    /// A05: each failure has its status.
    @Test func noAnswerIs124() async throws {
        let broker = try await BrokerFixture()
        let agent = try await StandIn(port: broker.port) { _ in [] }
        let program = try SentProgram(Self.base(broker) + ["--timeout", "500ms", "hello", "exec"])
        #expect(try await program.status() == 124)
        #expect(
            program.error.hasPrefix("send-command: no answer within 500ms. The command may have run, or still run.\n"))
        let expires = try #require(agent.tasks.all.first?["expires"]?.string)
        #expect(program.error.contains("The outcome is unknown; the task may still start until \(expires).\n"))
        let made = try #require(agent.tasks.all.first?["timestamp"]?.string.flatMap(Timestamp.init(rfc3339:)))
        #expect(Timestamp(rfc3339: expires) == made + .seconds(60))
        #expect(agent.tasks.count == 1)
    }

    @Test func aBrokerThatIsNotThereIs125() async throws {
        // An address on which no broker of another test can take the port meanwhile.
        let program = try SentProgram([
            "-h", "127.0.0.2:\(try LoopbackPort.free())", "-t", "c", "-r", "r", "--timeout", "1", "s", "c",
        ])
        #expect(try await program.status() == 125)
        let lines = program.error.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.hasPrefix("send-command: the broker cannot be reached yet, trying for up to 1s") == true)
        #expect(lines.last?.hasSuffix("nothing was sent") == true)
        #expect(program.output.isEmpty)
    }

    @Test func aBrokerThatComesLateIsWaitedFor() async throws {
        let broker = try await BrokerFixture(.init(isPersistent: true))
        let agent = try await StandIn(port: broker.port)
        broker.stop()
        let program = try SentProgram(Self.base(broker) + ["hello", "exec"])
        try await eventually("it is said") { program.error.contains("the broker cannot be reached yet") }
        try await broker.start()
        #expect(try await program.status() == 0)
        #expect(program.output.hasSuffix("\nhi\n"))
        #expect(program.error.split(separator: "\n").count == 1)
        #expect(agent.tasks.count == 1)
    }

    @Test func aBrokerThatRestartsWhileWeWaitIsWaitedFor() async throws {
        let broker = try await BrokerFixture(.init(isPersistent: true))
        let waiting = Collected<JSONObject>()
        let agent = try await StandIn(port: broker.port) { task in
            waiting.append(task)
            return []
        }
        let program = try SentProgram(Self.base(broker) + ["--timeout", "300", "--json", "hello", "exec"])
        try await eventually("the task arrives") { waiting.count == 1 }
        try await broker.restart()
        try await eventually("both are back") {
            let log = broker.log.split(separator: "\n")
            return log.count { $0.contains("Sending SUBACK to sendcommand") } == 2
        }
        let task = try #require(waiting.all.first)
        try await agent.publish(String(decoding: StandIn.result(task, code: 5), as: UTF8.self))
        #expect(try await program.status() == 5)
        #expect(program.error.contains("the connection to the broker was lost, connecting again"))
        #expect(agent.tasks.count == 1)
    }

    @Test func aWrongPasswordEndsItAtOnce() async throws {
        let broker = try await BrokerFixture(.init(users: ["me": "right"]))
        let program = try SentProgram(Self.base(broker) + ["-u", "me", "-p", "wrong", "--json", "hello", "exec"])
        #expect(try await program.status() == 125)
        #expect(try Self.outcome(program) == ["denied", "not-authorized"])
        #expect(program.error.contains("warning: --password is visible to every user of this machine"))
        #expect(!program.error.contains("wrong"))
    }

    @Test func theRightPasswordFromAFileIsTaken() async throws {
        let broker = try await BrokerFixture(.init(users: ["me": "right"]))
        let file = try broker.directory.write("right\n", to: "password")
        let program = try SentProgram([
            "-h", "127.0.0.1:\(broker.port)", "-t", "cmd", "-u", "me", "--password-file", file, "hello", "exec",
        ])
        #expect(try await program.status() == 0)
    }

    @Test func aTaskThatTheBrokerRefusesEndsItAtOnce() async throws {
        let broker = try await BrokerFixture(.init(accessList: ["topic read res"]))
        let program = try SentProgram(Self.base(broker) + ["--json", "-q", "1", "hello", "exec"])
        #expect(try await program.status() == 125)
        #expect(try Self.outcome(program) == ["denied", "publication-refused"])
    }

    @Test func aRefusedSubscriptionEndsItBeforeAnythingIsSent() async throws {
        let rest = Collected<[UInt8]>()
        let broker = try FakeBroker { peer in
            _ = try peer.packet()
            try peer.send([0x20, 0x03, 0x00, 0x00, 0x00])
            let subscription = try peer.packet() ?? []
            // SUBACK with "not authorized" for the identifier of the SUBSCRIBE.
            try peer.send([0x90, 0x04] + subscription[2...3] + [0x00, 0x87])
            if let packet = try peer.packet() { rest.append(packet) }
        }
        let program = try SentProgram(["-h", "127.0.0.1:\(broker.port)", "-t", "c", "-r", "r", "s", "c"])
        #expect(try await program.status() == 125)
        #expect(program.error.contains("the broker refused the subscription to r (0x87); nothing was sent."))
        #expect(program.output.isEmpty)
        #expect(rest.all.allSatisfy { $0.first == 0xE0 })
    }

    @Test func nobodyWhoListensIsSaidAtOnce() async throws {
        let broker = try await BrokerFixture()
        let program = try SentProgram(Self.base(broker) + ["-q", "1", "hello", "exec"])
        try await eventually("it is said") {
            program.error.contains("no agent is subscribed to cmd; waiting all the same")
        }
        program.send(SIGINT)
        #expect(try await program.status() == 130)
    }

    @Test func certificatesAreVerified() async throws {
        let (right, wrong) = (try TestCertificates(), try TestCertificates())
        let broker = try await BrokerFixture(.init(certificates: right))
        let base = ["-h", "127.0.0.1", "--port", "\(broker.port)", "-s", "-t", "cmd", "hello", "exec", "--cafile"]
        #expect(try await SentProgram(base + [right.caFile]).status() == 0)
        let refused = try SentProgram(base + [wrong.caFile, "--json"])
        #expect(try await refused.status() == 125)
        #expect(try Self.outcome(refused) == ["no-broker", "tls"])
        #expect(refused.error.contains("no safe connection to the broker"))
    }

    @Test(arguments: [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 129)] as [(CInt, CInt)])
    func aSignalEndsItWithAGoodbye(signal: CInt, status: CInt) async throws {
        let broker = try await BrokerFixture()
        let agent = try await StandIn(port: broker.port) { _ in [] }
        let program = try SentProgram(Self.base(broker) + ["hello", "exec"])
        try await eventually("the task arrives") { agent.tasks.count == 1 }
        program.send(signal)
        #expect(try await program.status() == status)
        #expect(
            program.error
                == "send-command: stopped by signal \(signal); the task was sent, and the command may still run. "
                + "To cancel it: send-command … --cancel \(agent.tasks.all[0]["task_id"]?.text ?? "")\n")
        try await eventually("the goodbye arrives") { broker.log.contains("Received DISCONNECT from sendcommand") }
    }

    @Test func aSignalThatIsIgnoredStaysIgnored() async throws {
        let broker = try await BrokerFixture()
        let agent = try await StandIn(port: broker.port) { _ in [] }
        let program = try SentProgram(Self.base(broker) + ["hello", "exec"], shell: #"trap "" INT; exec "$@""#)
        try await eventually("the task arrives") { agent.tasks.count == 1 }
        program.send(SIGINT)
        program.send(SIGTERM)
        #expect(try await program.status() == 143)
    }

    static func base(_ broker: BrokerFixture) -> [String] {
        ["-h", "127.0.0.1:\(broker.port)", "-t", "cmd", "-r", "res"]
    }

    private static func outcome(_ program: SentProgram) throws -> [String?] {
        let object = try JSONText(Array(program.output.utf8)).value.object
        return [object?["outcome"]?.string, object?["reason"]?.string]
    }
}
