import CommandCatalog
import JSON
import TestSupport
import Testing

/// What the program does with answers, over a real broker.
@Suite(.crowd) struct AnswerProgramTests {
    private let broker: BrokerFixture
    private let base: [String]

    init() async throws {
        broker = try await BrokerFixture()
        base = ["-h", "127.0.0.1:\(broker.port)", "-t", "cmd", "-r", "res"]
    }

    @Test(arguments: ["0", "1", "2"]) func theAnswerIsPrintedAndItsCodeIsTheStatus(qos: String) async throws {
        let agent = try await StandIn(port: broker.port, code: 3, message: "one\ntwo")
        let program = try SentProgram(base + ["-q", qos, "hello", "exec"])
        #expect(try await program.status() == 3)
        let task = try #require(agent.tasks.all.first)
        #expect(program.output == "Send command: \(JSONValue.object(task).text)\none\ntwo\n")
        #expect(program.error == "send-command: hello exec ended with exit status 3\n")
        #expect(agent.tasks.count == 1)
    }

    @Test func theTaskHasTheFormThatThePredecessorReads() async throws {
        let agent = try await StandIn(port: broker.port)
        let program = try SentProgram(base + ["hello", "exec"])
        #expect(try await program.status() == 0)
        let task = try #require(agent.tasks.all.first)
        #expect(task.members.map(\.name) == ["task_id", "timestamp", "service", "command", "expires", "from"])
        // 14 digits are what it gives back exactly.
        let identifier = try #require(task["task_id"]?.integer)
        #expect((1...99_999_999_999_999).contains(identifier))
        let form = try Regex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
        #expect(task["timestamp"]?.string?.wholeMatch(of: form) != nil)
        #expect([task["service"]?.string, task["command"]?.string] == ["hello", "exec"])
        #expect(task["from"]?.string?.contains("@") == true)
    }

    @Test func answersToOthersGarbageAndOldResultsAreIgnored() async throws {
        let agent = try await StandIn(port: broker.port) { task in
            let identifier = task["task_id"]?.text ?? ""
            let foreign = [
                #"{"task_id":1,"timestamp":"2020-11-26T00:41:19Z","message":"foreign","code":9}"#, "garbage", "",
                #"{"task_id":"\#(identifier)","message":"text","code":9}"#, "5", "[\(identifier)]",
                #"{"code":4352,"message":"Failed to decode result json"}"#,
            ]
            return foreign.map { Array($0.utf8) } + [StandIn.result(task, message: "own")]
        }
        try await agent.publish(#"{"task_id":2,"code":9,"message":"kept"}"#, retain: true)
        let program = try SentProgram(base + ["--quiet", "hello", "exec"])
        #expect(try await program.status() == 0)
        #expect(program.output == "own\n")
    }

    /// A result of the predecessor, `ID` standing for the task's, and what comes of it.
    static let forms: [(String, CInt, String, String)] = [
        (
            #"{"message":"Hello World!","timestamp":"2020-11-26T00:41:19Z","code":0,"task_id":ID}"#, 0,
            "Hello World!\n", ""
        ),
        (#"{"code":127,"task_id":ID,"message":"","timestamp":"T"}"#, 127, "", "exit status 127"),
        (#"{"task_id":ID,"timestamp":"T","message":"foo"}"#, 125, "foo\n", "has no code"),
        (
            #"{"task_id":ID,"code":4098,"message":"Cannot find the service settings for: hello"}"#, 125, "",
            "0x1002 unknown-service"
        ),
        (
            #"{"task_id":ID,"code":4099,"message":"Cannot find exec command for hello"}"#, 125, "",
            "Cannot find exec command"
        ),
        (#"{"task_id":ID,"code":4097,"message":"No service is configured!"}"#, 125, "", "0x1001 no-services"),
        (#"{"task_id":ID,"code":4352,"message":"Received duplicate task_id: 9"}"#, 125, "", "0x1100 duplicate-task-id"),
        (#"{"task_id":ID,"code":0,"message":"a\nb"}"#, 0, "a\nb\n", ""),
    ]

    @Test(arguments: forms)
    func resultsOfThePredecessorAreUnderstood(form: String, status: CInt, output: String, error: String) async throws {
        let agent = try await StandIn(port: broker.port) { task in
            [Array(form.split(separator: "ID").joined(separator: task["task_id"]?.text ?? "").utf8)]
        }
        let program = try SentProgram(base + ["hello", "exec"])
        #expect(try await program.status() == status)
        #expect(agent.tasks.count == 1)
        #expect(program.output.split(separator: "\n", maxSplits: 1).dropFirst().joined() == output)
        #expect(error.isEmpty ? program.error.isEmpty : program.error.contains(error), "\(program.error)")
    }

    @Test func outputThatIsNotUTF8IsUnderstood() async throws {
        let agent = try await StandIn(port: broker.port) { task in
            [
                Array(#"{"task_id":\#(task["task_id"]?.text ?? ""),"code":0,"message":"a"#.utf8) + [0xFF]
                    + Array(#""}"#.utf8)
            ]
        }
        let program = try SentProgram(base + ["--quiet", "hello", "exec"])
        #expect(try await program.status() == 0)
        #expect(program.output == "a\u{FFFD}\n")
        #expect(agent.tasks.count == 1)
    }

    @Test func theLargestResultArrives() async throws {
        let message = String(repeating: "\u{1}", count: 1 << 20)
        let agent = try await StandIn(port: broker.port, message: message)
        let program = try SentProgram(base + ["--quiet", "hello", "exec"])
        #expect(try await program.status() == 0)
        #expect(program.output == message + "\n")
        #expect(agent.tasks.count == 1)
    }

    @Test func sendersAtTheSameTimeDoNotDisturbEachOther() async throws {
        let waiting = Collected<JSONObject>()
        let agent = try await StandIn(port: broker.port) { task in
            waiting.append(task)
            // All are answered when all have asked, the last one first.
            guard waiting.count == 4 else { return [] }
            return waiting.all.reversed().map { StandIn.result($0, message: $0["command"]?.string ?? "") }
        }
        let programs = try (1...4).map { try SentProgram(base + ["--quiet", "hello", "exec\($0)"]) }
        for (index, program) in programs.enumerated() {
            #expect(try await program.status() == 0)
            #expect(program.output == "exec\(index + 1)\n")
            #expect(program.error.isEmpty)
        }
        #expect(agent.tasks.count == 4)
    }

    @Test func oneObjectForScripts() async throws {
        let agent = try await StandIn(port: broker.port, code: 4099, message: "Cannot find")
        let program = try SentProgram(base + ["--json", "hello", "exec"])
        #expect(try await program.status() == 125)
        let object = try #require(try JSONText(Array(program.output.utf8)).value.object)
        #expect(object["task_id"] == agent.tasks.all.first?["task_id"])
        #expect(object["outcome"] == "refused")
        #expect(object["reason"] == "unknown-command")
        #expect(object["code"] == 4099)
        #expect(program.output.split(separator: "\n").count == 1)
    }

    @Test func parametersReasonAndHostTopics() async throws {
        let seen = try await StandIn(port: broker.port)
        let program = try SentProgram([
            "-h", "mqtt://127.0.0.1:\(broker.port)", "-t", "cmd", "-r", "res", "--reason", "why", "s", "c", "n=5",
            "m=a b",
        ])
        #expect(try await program.status() == 0)
        #expect(seen.tasks.all.first?["parameters"] == ["m": "a b", "n": "5"])
        #expect(seen.tasks.all.first?["reason"] == "why")
        let own = try SentProgram(["--port", "\(broker.port)", "--to", "web01", "--timeout", "1s", "s", "c"])
        #expect(try await own.status() == 124)
        #expect(
            own.error.hasPrefix(
                "send-command: the host is not registered: no agent is subscribed to recovery/web01/command; "
                    + "sending again\n"))
        #expect(broker.log.contains("recovery/web01/result"))
    }

    @Test func nothingIsLeftAtTheBroker() async throws {
        let agent = try await StandIn(port: broker.port)
        let program = try SentProgram(base + ["hello", "exec"])
        #expect(try await program.status() == 0)
        #expect(agent.tasks.count == 1)
        try await eventually("the broker noticed") { broker.log.contains("Received DISCONNECT from sendcommand") }
        // Protocol 5, clean start; the session expiry of 0 is the default that clean start gets.
        #expect(broker.log.contains(#/as sendcommand[0-9a-f]{12} \(p5, c1, /#))
    }
}
