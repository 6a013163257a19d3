import CommandCatalog
import Glibc
import Logging
import TestSupport
import Testing

@testable import PluginHost

/// What the log makes of foreign text.
@Suite struct LogTests {
    /// T18: a line is an event.
    @Test(arguments: [
        ("plain", "plain"), ("two words", "two words"), ("a\nb", "a\\nb"), ("a\r\nb", "a\\r\\nb"), ("a\tb", "a\\tb"),
        ("\u{1B}[31mred", "\\u{1B}[31mred"), ("\u{7F}", "\\u{7F}"), ("\u{9B}", "\\u{9B}"), ("\u{0}", "\\u{0}"),
        ("\u{202E}evil", "\\u{202E}evil"), ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"), ("a\u{2028}b", "a\\u{2028}b"),
        ("back\\slash", "back\\\\slash"), ("äöü 日本", "äöü 日本"),
        ("\u{85}\u{2029}\u{61C}\u{200F}", "\\u{85}\\u{2029}\\u{61C}\\u{200F}"), ("ro\u{200B}ot", "ro\\u{200B}ot"),
    ])
    func foreignTextStaysOnItsLine(text: String, expected: String) {
        #expect(LogText.escaped(text) == expected)
    }

    @Test(arguments: [
        ("word", "word"), ("", "\"\""), ("two words", "\"two words\""), ("say \"hi\"", "\"say \\\"hi\\\"\""),
        ("a\nfake=1", "\"a\\nfake=1\""),
    ])
    func fieldsAreToldApart(text: String, expected: String) {
        #expect(LogText.field(text) == expected)
    }

    @Test func levelOfTheLogIsTheLevelOfItsLoggers() {
        let log = AgentLog()
        let logger = log.logger("x")
        #expect(logger.logLevel == .warning)
        log.use(LogSettings(level: .debug, device: .standardError))
        #expect(logger.logLevel == .debug)
    }

    @Test func linesCarryTimeLevelMessageAndFacts() throws {
        let event = LogEvent(
            level: .error, message: "it\nfailed", metadata: ["b": "2 words", "a": "1"], source: "", file: "",
            function: "",
            line: 1
        )
        let handler = AgentLogHandler(log: AgentLog())
        #expect(handler.text(of: event) == "it\\nfailed a=1 b=\"2 words\"")
    }

    @Test(arguments: [
        (LogDevice.journal, "<3>text\n"), (.standardError, "2020-09-13T12:26:40Z error text\n"),
    ])
    func deviceDecidesOverTheFormOfALine(device: LogDevice, line: String) {
        #expect(device.line(.error, "text", at: .init(seconds: 1_600_000_000)) == line)
    }
}
