import ConfigurationReader
import Glibc
import TestSupport
import Testing

@testable import PluginHost

/// Every mistake of a main file with its exact message; `FILE` stands for the file's path.
@Suite struct MistakeTests {
    /// A file that has no other mistake than the one that is put into it.
    private static func file(_ line: String) -> String {
        "{\n  \"Host\": \"127.0.0.1\", \"Hostname\": \"web01\",\n  \(line)\n}\n"
    }

    private static let address = "the broker's address such as \"broker.example.org:1883\""

    private static let addressForms =
        "expected \"host\", \"host:port\" or \"[IPv6 address]:port\", also behind mqtt://, tcp://, mqtts:// or ssl://"

    private static func mistakes(of text: String, mode: mode_t = 0o600) throws -> [String] {
        let directory = try TemporaryDirectory()
        let path = try directory.write(text, to: "main.json", mode: mode)
        do throws(ConfigurationError) {
            _ = try AgentConfiguration.load(file: path, registry: PluginRegistry([Probe.self]))
            return []
        } catch {
            return error.mistakes.map { $0.description.split(separator: path).joined(separator: "FILE") }
                .map { $0.split(separator: directory.path).joined(separator: "DIR") }
                .map { $0.hasPrefix(":") ? "FILE" + $0 : $0 }
        }
    }

    /// C25: plugins that there are not, and all else in a main file.
    @Test(arguments: [
        ("\"Plugins\": []", "FILE:3:14: Plugins: expected an object {…}, found an array"),
        (
            "\"Plugins\": {\"prob\": {}}",
            "FILE:3:23: Plugins.prob: unknown plugin; did you mean \"probe\"? Known here: probe"
        ),
        ("\"Plugins\": {\"nginx\": {\"a\": 1}}", "FILE:3:24: Plugins.nginx: unknown plugin; Known here: probe"),
        (
            "\"Plugins\": {\"probe/a b\": {}}",
            "FILE:3:28: Plugins[\"probe/a b\"]: the name of an instance has letters, digits, \"_\", \".\" and \"-\", at most 64 of them"
        ),
        (
            "\"Plugins\": {\"probe/\": {}}",
            "FILE:3:25: Plugins.probe/: the name of an instance has letters, digits, \"_\", \".\" and \"-\", at most 64 of them"
        ),
        (
            "\"Plugins\": {\"probe\": {\"intervl\": \"10s\"}}",
            "FILE:3:25: Plugins.probe.intervl: unknown key; did you mean \"interval\"? Known here: enabled, interval, word"
        ),
        (
            "\"Plugins\": {\"probe\": {\"interval\": 10}}",
            "FILE:3:37: Plugins.probe.interval: expected a duration such as \"30s\", 1s to 1d, found the number 10"
        ),
        (
            "\"Plugins\": {\"probe\": {\"interval\": \"500ms\"}}",
            "FILE:3:37: Plugins.probe.interval: expected a duration such as \"30s\", 1s to 1d, found \"500ms\""
        ),
        (
            "\"Plugins\": {\"probe\": {\"enabled\": \"no\"}}",
            "FILE:3:36: Plugins.probe.enabled: expected true or false, found a string"
        ),
        (
            "\"Plugins\": {\"probe\": {\"enabled\": false, \"word\": \"\"}}",
            "FILE:3:51: Plugins.probe.word: expected a string that is not empty, found \"\""
        ),
        ("\"Password\": \"x\"", "FILE:3:15: Password: needs \"User\""),
        ("\"User\": \"u\", \"Password\": 5", "FILE:3:28: Password: expected a string, found the number 5"),
        (
            "\"User\": \"u\", \"PasswordFile\": \"secret\"",
            "FILE:3:32: PasswordFile: expected an absolute path such as \"/etc/recoverd/password\", or \"credential:NAME\", found \"secret\""
        ),
        (
            "\"User\": \"u\", \"PasswordFile\": \"/nowhere/secret\"",
            "FILE:3:32: PasswordFile: /nowhere/secret: its directory cannot be found: No such file or directory"
        ),
        ("\"Secure\": 1", "FILE:3:13: Secure: expected true or false, found the number 1"),
        (
            "\"ReconnectInterval\": -1",
            "FILE:3:24: ReconnectInterval: expected a number of seconds from 0 to 86400, found the number -1"
        ),
        (
            "\"ReconnectInterval\": \"5\"",
            "FILE:3:24: ReconnectInterval: expected a number of seconds from 0 to 86400, found a string"
        ),
        (
            "\"Root\": \"a//b\"",
            "FILE:3:11: Root: expected one or several levels of a topic such as \"recovery\", or \"\" for no topics of our own, found \"a//b\""
        ),
        (
            "\"Secure\": true, \"CAFile\": \"/nowhere/ca.pem\"",
            "FILE:3:29: CAFile: CA file /nowhere/ca.pem: its directory cannot be found: No such file or directory"
        ),
        ("\"LogLevel\": 3", "FILE:3:15: LogLevel: expected a string, found the number 3"),
    ])
    func mistakeIsToldWithItsPlace(line: String, message: String) throws {
        #expect(try Self.mistakes(of: Self.file(line)) == [message])
    }

    @Test(arguments: [
        ("", "FILE: the file is empty; the smallest one is {}"),
        ("[]", "FILE: expected an object {…}, found an array"),
        ("{\"Hostname\": \"a\"}", "FILE:1:1: needs \"Host\": \(address), or a list of 1 to 8 of them"),
        (
            "{\"Hostname\": \"a.b\", \"Host\": \"h\"}",
            "FILE:1:14: Hostname: expected a name of letters, digits, \"_\" and \"-\" that begins with a letter or digit, at most 128, found \"a.b\""
        ),
        (
            "{\"Hostname\": \"a\", \"Host\": \"h:99999\"}",
            "FILE:1:27: Host: not the address of a broker: \"h:99999\" (a port is a number from 1 to 65535); \(addressForms)"
        ),
        (
            "{\"Hostname\": \"a\", \"Host\": 7}",
            "FILE:1:27: Host: expected \(address), or a list of 1 to 8 of them, found the number 7"
        ),
        ("{\"Hostname\": \"a\", \"Host\": []}", "FILE:1:27: Host: lists 0 brokers; 1 to 8 can be used"),
        (
            "{\"Hostname\": \"a\", \"Host\": [\"1\", \"2\", \"3\", \"4\", \"5\", \"6\", \"7\", \"8\", \"9\"]}",
            "FILE:1:27: Host: lists 9 brokers; 1 to 8 can be used"
        ),
        (
            "{\"Hostname\": \"a\", \"Host\": [\"h\", \"g\", \"mqtt://H:1883\"]}",
            "FILE:1:38: Host[2]: H:1883 stands in the list twice"
        ),
        (
            "{\"Hostname\": \"a\", \"Host\": [\"h\", 7]}",
            "FILE:1:33: Host[1]: expected \(address), found the number 7"
        ),
        (
            "{\"Hostname\": \"a\", \"Host\": [\"h:0\"]}",
            "FILE:1:28: Host[0]: not the address of a broker: \"h:0\" (a port is a number from 1 to 65535); \(addressForms)"
        ),
    ])
    func fileIsRefused(text: String, message: String) throws {
        #expect(try Self.mistakes(of: text) == [message])
    }

    @Test func everyMistakeIsToldAtOnce() throws {
        let text = """
            {"Hostname": "a", "Secure": 1, "Password": "p", "Hst": "x",
             "Plugins": {"probe": {"interval": "0s", "wort": "x"}, "nginx": {}}}
            """
        let mistakes = try Self.mistakes(of: text)
        #expect(mistakes.count == 7)
        #expect(mistakes.contains { $0.hasPrefix("FILE:1:1: needs \"Host\"") })
        #expect(mistakes.contains { $0.contains("Hst: unknown key; did you mean \"Host\"?") })
        #expect(mistakes.contains { $0.contains("Plugins.probe.wort: unknown key; did you mean \"word\"?") })
    }

    @Test func aFileThatOthersMayWriteIsRefused() throws {
        #expect(
            try Self.mistakes(of: "{}", mode: 0o622) == ["FILE: may be written by group or others; use: chmod go-w"])
    }

    @Test(arguments: [
        ("secret", 0o604, "everybody may read it; use: chmod o-r"), ("", 0o600, "is empty"),
        (String(repeating: "x", count: 4097), 0o600, "has 4097 bytes; a password has at most 4096"),
        ("a\u{0}b", 0o600, "holds bytes that are no UTF-8 text, or a NUL"),
    ])
    func badPasswordFileIsRefused(content: String, mode: Int, message: String) throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(content, to: "password", mode: mode_t(mode))
        let mistakes = try Self.mistakes(of: Self.file("\"User\": \"u\", \"PasswordFile\": \"\(path)\""))
        #expect(mistakes == ["FILE:3:32: PasswordFile: \(path): \(message)"])
    }
}
