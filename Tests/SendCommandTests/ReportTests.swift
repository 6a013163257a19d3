import CommandCatalog
import JSON
import Testing

@testable import MQTT
@testable import TaskSending
@testable import send_command
import ProgramOptions

@Suite struct ReportTests {
    /// An ending, and all that is seen of it.
    struct Row: Sendable, CustomTestStringConvertible {
        let ending: Ending
        let exitCode: CInt
        let words: String
        var output = ""
        var explanation: String?
        var testDescription: String { words }
    }

    private static func answered(_ code: Int?, _ message: String) -> Ending {
        .answered(Answer(code: code.map(ResultCode.init), message: message))
    }

    static let answers = [
        Row(ending: answered(0, "hi"), exitCode: 0, words: "finished -", output: "hi\n"),
        Row(ending: answered(0, ""), exitCode: 0, words: "finished -"),
        Row(ending: answered(0, "a\nb\n"), exitCode: 0, words: "finished -", output: "a\nb\n"),
        Row(
            ending: answered(3, "a"), exitCode: 3, words: "finished -", output: "a\n",
            explanation: "hello exec ended with exit status 3"),
        Row(
            ending: answered(127, ""), exitCode: 127, words: "finished -",
            explanation: "hello exec ended with exit status 127 (most shells: command not found)"),
        Row(
            ending: answered(137, ""), exitCode: 137, words: "finished -",
            explanation: "hello exec ended with exit status 137 (128 + signal 9)"),
        Row(
            ending: answered(255, ""), exitCode: 255, words: "finished -",
            explanation: "hello exec ended with exit status 255"),
        Row(
            ending: answered(0x1000, "Not implemented: x"), exitCode: 125, words: "refused not-implemented",
            explanation: "the agent refused hello exec (0x1000 not-implemented): Not implemented: x"),
        Row(
            ending: answered(0x1003, "Cannot find"), exitCode: 125, words: "refused unknown-command",
            explanation: "the agent refused hello exec (0x1003 unknown-command): Cannot find"),
        Row(
            ending: answered(4352, "Received duplicate task_id: 5"), exitCode: 125, words: "refused duplicate-task-id",
            explanation: "the agent refused hello exec (0x1100 duplicate-task-id): Received duplicate task_id: 5"),
        Row(
            ending: answered(0x1103, "Could not start: x"), exitCode: 125, words: "not-started could-not-start",
            explanation: "hello exec could not be started (0x1103 could-not-start): Could not start: x"),
        Row(
            ending: answered(0x1104, "so far"), exitCode: 125, words: "timed-out timed-out", output: "so far\n",
            explanation: "hello exec ran longer than it may on the host and was ended (0x1104 timed-out)"),
        Row(
            ending: answered(0x1105, "so far"), exitCode: 125, words: "interrupted interrupted", output: "so far\n",
            explanation: "the agent stopped before hello exec ended (0x1105 interrupted)"),
        Row(
            ending: answered(0x1106, "so far"), exitCode: 125, words: "cancelled cancelled", output: "so far\n",
            explanation: "hello exec was cancelled (0x1106 cancelled)"),
        Row(
            ending: answered(0x1005, "Not started"), exitCode: 125, words: "refused expired",
            explanation: "the agent refused hello exec (0x1005 expired): Not started"),
        Row(
            ending: answered(0x1102, "no room"), exitCode: 125, words: "refused storage-unavailable",
            explanation: "the agent refused hello exec (0x1102 storage-unavailable): no room"),
        Row(
            ending: answered(8192, "m"), exitCode: 125, words: "refused replacing", output: "",
            explanation:
                "hello exec was not replaced (0x2000 replacing): m\nThe old configuration is in force."),
        Row(
            ending: answered(0x2007, "m"), exitCode: 125, words: "rolled-back configuration-rolled-back", output: "",
            explanation:
                "hello exec was replaced and put back (0x2007 configuration-rolled-back): m\n"
                + "The old configuration is in force."),
        Row(
            ending: answered(0x2008, "m"), exitCode: 125, words: "not-restored configuration-not-restored",
            output: "",
            explanation:
                "hello exec was replaced, and could not be put back (0x2008 configuration-not-restored): m\n"
                + "Nobody knows what is in force now: look at the host."),
        Row(
            ending: answered(8203, "m"), exitCode: 125, words: "unknown-code -", output: "m\n",
            explanation: "the result has a code that is not known (0x200b)"),
        Row(
            ending: answered(-1, ""), exitCode: 125, words: "unknown-code -",
            explanation: "the result has a code that is not known (-0x1)"),
        Row(
            ending: answered(nil, "foo"), exitCode: 125, words: "no-code -", output: "foo\n",
            explanation: "the result has no code, so nobody knows whether hello exec succeeded"),
    ]

    private static let unreachable = MQTTError(.unreachable, call: "connect", text: "Connection refused")
    private static let unsafe = MQTTError(.tls, call: "mosquitto_loop_read", text: "certificate verify failed")
    private static let wrong = MQTTError(.notAuthorized, call: "CONNECT", text: "bad password")
    private static let question =
        "\nThe outcome is unknown; the task may still start until 1970-01-01T00:01:00Z.\nIs an agent running that listens on cmd and answers on res? --timeout waits longer."

    static let failures = [
        Row(
            ending: .sent, exitCode: 0, words: "sent -",
            explanation: "sent, and not waited for an answer: no --result-topic was given"),
        Row(
            ending: .noAnswer(.acknowledged), exitCode: 124, words: "no-answer -",
            explanation: "no answer within 30s. The command may have run, or still run." + question),
        Row(
            ending: .noAnswer(.noSubscriber), exitCode: 124, words: "no-answer no-subscriber",
            explanation: "no answer within 30s. No agent was subscribed to cmd." + question),
        Row(
            ending: .noAnswer(.unacknowledged), exitCode: 124, words: "no-answer not-acknowledged",
            explanation: "no answer within 30s. The broker did not acknowledge the task, which may have arrived or not."
                + question),
        Row(
            ending: .noBroker(.connection(unreachable)), exitCode: 125, words: "no-broker unreachable",
            explanation: "the broker could not be reached within 30s: unreachable: Connection refused (connect); "
                + "nothing was sent"),
        Row(
            ending: .noBroker(.connection(unsafe)), exitCode: 125, words: "no-broker tls",
            explanation: "no safe connection to the broker: tls: certificate verify failed (mosquitto_loop_read)"),
        Row(
            ending: .noBroker(.silence), exitCode: 125, words: "no-broker timed-out",
            explanation: "the broker could not be reached within 30s; nothing was sent"),
        Row(
            ending: .noBroker(.unansweredSubscription), exitCode: 125, words: "no-broker timed-out",
            explanation: "the broker did not answer the subscription within 30s; nothing was sent"),
        Row(
            ending: .noBroker(.unacknowledged), exitCode: 125, words: "no-broker not-acknowledged",
            explanation: "the broker did not acknowledge the task within 30s; it may have arrived or not"),
        Row(
            ending: .denied(.connection(wrong)), exitCode: 125, words: "denied not-authorized",
            explanation: "the broker refused us: not-authorized: bad password (CONNECT)"),
        Row(
            ending: .denied(.subscription(.notAuthorized)), exitCode: 125, words: "denied subscription-refused",
            explanation: "the broker refused the subscription to res (0x87); nothing was sent. "
                + "Its access list must allow us to read that topic."),
        Row(
            ending: .denied(.publication(.notAuthorized)), exitCode: 125, words: "denied publication-refused",
            explanation: "the broker refused the task (0x87). Its access list must allow us to write to cmd."),
        Row(
            ending: .unsendable(MQTTError(.tooLarge, call: "mosquitto_publish", text: "too large")), exitCode: 125,
            words: "unsendable too-large",
            explanation: "the task cannot be sent: too-large: too large (mosquitto_publish)"),
        Row(
            ending: .stopped(signal: 2, wasSent: true), exitCode: 130, words: "stopped signal-2",
            explanation: "stopped by signal 2; the task was sent, and the command may still run. "
                + "To cancel it: send-command … --cancel 7"),
        Row(
            ending: .stopped(signal: 15, wasSent: false), exitCode: 143, words: "stopped signal-15",
            explanation: "stopped by signal 15; nothing was sent"),
        Row(
            ending: .garbled, exitCode: 125, words: "garbled -",
            explanation: "the answer holds no output that can be read"),
        Row(ending: .outputClosed, exitCode: 125, words: "output-closed -"),
        Row(ending: .usage(UsageError("wrong")), exitCode: 125, words: "usage -", explanation: "wrong"),
    ]

    @Test(arguments: answers + failures) func everyEndingHasItsWords(row: Row) throws {
        let report = try Self.report(.person)
        #expect(row.ending.exitCode == row.exitCode)
        #expect("\(row.ending.outcome) \(row.ending.reason ?? "-")" == row.words)
        #expect(report.output(row.ending) == row.output)
        #expect(report.explanation(row.ending) == row.explanation)
    }

    @Test func aPersonSeesTheTask() throws {
        let report = try Self.report(.person)
        let json =
            #"{"task_id":7,"timestamp":"1970-01-01T00:00:00Z","service":"hello","command":"exec","#
            + #""expires":"1970-01-01T00:01:00Z"}"#
        #expect(report.opening == "Send command: \(json)\n")
        #expect(try Self.report(.json).opening.isEmpty)
        #expect(try Self.report(.quiet).opening.isEmpty)
    }

    @Test(arguments: [
        (
            Ending.answered(Answer(code: .success, message: "hi", timestamp: "T")),
            #"{"task_id":7,"code":0,"message":"hi","timestamp":"T","outcome":"finished","reason":null,"#
                + #""verdict":"finished","expires":"1970-01-01T00:01:00Z","detail":null}"#
        ),
        (
            answered(0x1104, "x"),
            #"{"task_id":7,"code":4356,"message":"x","timestamp":null,"outcome":"timed-out","reason":"timed-out","#
                + #""verdict":"finished","expires":"1970-01-01T00:01:00Z","detail":null}"#
        ),
        (
            .noAnswer(.acknowledged),
            #"{"task_id":7,"code":null,"message":null,"timestamp":null,"outcome":"no-answer","reason":null,"#
                + #""verdict":"unknown","expires":"1970-01-01T00:01:00Z","detail":null}"#
        ),
    ])
    func aScriptGetsOneObject(ending: Ending, json: String) throws {
        #expect(try Self.report(.json).output(ending) == json + "\n")
    }

    @Test func whoeverClosedTheOutputGetsNothing() throws {
        #expect(try Self.report(.json).output(.outputClosed).isEmpty)
    }

    @Test func quietLeavesOutWhatIsNoFailureOfOurs() throws {
        let report = try Self.report(.quiet)
        #expect(report.output(Self.answered(3, "a")) == "a\n")
        #expect(report.explanation(Self.answered(3, "a")) == nil)
        #expect(report.explanation(.sent) == nil)
        #expect(report.text(.noSubscriber) == nil)
        #expect(report.text(.missed(bytes: 1, .stdout)) != nil)
        #expect(report.explanation(Self.answered(0x1003, "no")) != nil)
        #expect(report.explanation(.noAnswer(.acknowledged)) != nil)
    }

    @Test func notesSayWhatHappensNext() throws {
        let report = try Self.report(.person)
        #expect(report.text(.noSubscriber) == "no agent is subscribed to cmd; waiting all the same")
        var retrying = report
        retrying.isRetrying = true
        #expect(
            retrying.text(.noSubscriber)
                == "the host is not registered: no agent is subscribed to cmd; sending again")
        #expect(
            report.text(.missed(bytes: 5, .stderr))
                == "5 bytes of stderr did not come; send-command … --fetch 7 --stream stderr has all that the host kept"
        )
        let away = "unreachable: Connection refused (connect)"
        #expect(
            report.text(.connectFailed(Self.unreachable))
                == "the broker cannot be reached yet, trying for up to 30s: \(away)")
        #expect(
            report.text(.connectionLost(Self.unreachable))
                == "the connection to the broker was lost, connecting again: \(away)")
    }

    /// What was followed, and an answer to it.
    private static func followed(
        _ text: String, _ code: Int, signed: TaskResult.Output?
    ) -> (FollowedOutput, Answer) {
        var followed = FollowedOutput()
        _ = followed.take(.init(stream: .stdout, offset: 0, bytes: Int64(text.utf8.count), text: text))
        var answer = Answer(code: ResultCode(rawValue: code), message: signed?.text ?? "no")
        answer.detail = TaskResult.Detail(host: "web01", bootID: "b", state: .finished, reason: .exited)
        answer.detail?.stdout = signed
        answer.isSigned = true
        return (followed, answer)
    }

    @Test("T21: who was shown something else than the host has signed is told so")
    func shownOutputThatIsNotSignedIsCorrected() throws {
        let alarm = "WARNING: what was shown of stdout while the command ran is not what web01 has signed; "
        let real = TaskResult.Output(text: "real", bytes: 5, kept: 5)
        for format in [Settings.Format.person, .quiet] {
            let report = try Self.report(format, isTerminal: true)
            func correction(_ pair: (FollowedOutput, Answer)) -> Report.Correction? {
                report.correction(.answered(pair.1), of: .stdout, followed: pair.0)
            }
            #expect(
                correction(Self.followed("forged", 0, signed: real))
                    == .init(alarm: alarm + "what it signed follows", text: "real\n"))
            #expect(correction(Self.followed("real\n", 0, signed: real)) == nil)
            // A terminal obeys nobody, signed or not.
            let evil = TaskResult.Output(text: "\u{1B}", bytes: 1, kept: 1)
            #expect(correction(Self.followed("forged", 0, signed: evil))?.text == "\\u001b\n")
            // What was refused has printed nothing; of what was cut off nobody knows.
            let nothing = Report.Correction(alarm: alarm + "it has signed that nothing was printed", text: "")
            #expect(correction(Self.followed("forged", 0x1003, signed: nil)) == nothing)
            #expect(correction(Self.followed("so far", 0x1105, signed: nil)) == nil)
            #expect(correction(Self.followed("so far", 0x2002, signed: nil)) == nil)
            var (followed, unsigned) = Self.followed("forged", 0, signed: real)
            unsigned.isSigned = false
            #expect(correction((followed, unsigned)) == nil)
            // Where nothing was shown, the answer is.
            followed = FollowedOutput()
            #expect(correction((followed, Self.followed("x", 0, signed: real).1)) == nil)
        }
    }

    /// T18, O03: a terminal obeys nobody.
    @Test func foreignTextIsHarmlessOnATerminalAndUnchangedElsewhere() throws {
        let ending = Self.answered(0, "a\u{1B}[2J\u{202E}\tb\n")
        #expect(try Self.report(.person, isTerminal: true).output(ending) == "a\\u001b[2J\\u202e\tb\n")
        #expect(try Self.report(.person).output(ending) == "a\u{1B}[2J\u{202E}\tb\n")
        let json = try Self.report(.json, isTerminal: true).output(ending)
        #expect(try JSONText(Array(json.utf8)).value.object?["message"]?.string == "a\u{1B}[2J\u{202E}\tb\n")
        #expect(!json.unicodeScalars.contains("\u{202E}"))
    }

    @Test(arguments: [
        ("plain ä 日本\n\t", "plain ä 日本\n\t"), ("\r\u{7}\u{0}", "\\u000d\\u0007\\u0000"), ("\u{9B}31m", "\\u009b31m"),
        ("\u{2066}\u{2028}\u{61C}", "\\u2066\\u2028\\u061c"), ("\u{7F}", "\\u007f"),
        ("ro\u{200B}ot\u{85}", "ro\\u200bot\\u0085"), ("\u{E0041}", "\\udb40\\udc41"),
    ])
    func whatATerminalWouldObeyIsShownInstead(text: String, shown: String) {
        #expect(TerminalText.escaped(text) == shown)
    }

    private static func report(_ format: Settings.Format, isTerminal: Bool = false) throws -> Report {
        let request = CommandRequest(
            service: try #require(Name("hello")), command: try #require(Name("exec")))
        let task = TaskMessage(
            taskID: .integer(7), timestamp: Timestamp(seconds: 0), verb: .command(request),
            expires: Timestamp(seconds: 60)
        )
        let topics = Settings.Topics(
            command: try #require(TopicName("cmd")), result: TopicName("res")
        )
        return Report(format: format, task: task, topics: topics, timeout: .seconds(30), isTerminal: isTerminal)
    }
}
