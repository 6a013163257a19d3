import CommandCatalog
import ConfigurationReader
import MQTT
import TestSupport
import Testing

@testable import TaskSending
@testable import send_command
import ProgramOptions

@Suite struct OptionsFileTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func everyOptionCanStandInTheFile() throws {
        let path = try directory.write(
            """
            {"// who": "me", "host": "mqtts://b", "port": 1, "user": "u", "password": "p", "secure": true,
             "cafile": "ca", "cert": "c", "key-file": "k", "qos": 1, "to": "w", "root": "r",
             "reason": "why", "timeout": 5, "json": false, "quiet": true}
            """, to: "options")
        var expected = GivenOptions()
        expected.host = "mqtts://b"
        expected.port = 1
        expected.user = "u"
        expected.password = "p"
        expected.isSecure = true
        expected.caFile = "ca"
        expected.certificateFile = "c"
        expected.keyFile = "k"
        expected.qos = .atLeastOnce
        expected.target = HostIdentity("w")
        expected.root = "r"
        expected.reason = "why"
        expected.timeout = .seconds(5)
        expected.isJSON = false
        expected.isQuiet = true
        #expect(try OptionsFile.read(path) == expected)
    }

    @Test(arguments: [
        (#"{"hots": "b"}"#, #":1:2: hots: unknown key; did you mean "host"?"#),
        (#"{"qos": 7}"#, #":1:9: qos: expected 0, 1 or 2, found "7""#),
        (#"{"topic": ["t"]}"#, ":1:11: topic: expected a topic without wildcards and empty levels, found an array"),
        (#"{"topic": "t", "to": "w"}"#, ": --to names the topics of the host"),
        ("{", ":1:1: no valid JSON"),
        ("", ": the file is empty"),
    ])
    func mistakesAreNamedWithTheirPlace(text: String, message: String) throws {
        let path = try directory.write(text, to: "options")
        let error = #expect(throws: UsageError.self) { try OptionsFile.read(path) }
        #expect(error?.description.hasPrefix(path + message) == true, "\(error?.description ?? "")")
    }

    @Test func allMistakesAreNamedTogether() throws {
        let path = try directory.write(#"{"qos": 7, "prot": 1}"#, to: "options")
        let error = #expect(throws: UsageError.self) { try OptionsFile.read(path) }
        #expect(error?.description.split(separator: "\n").count == 2)
    }

    @Test func aFileWithAPasswordMustNotBeReadableByEverybody() throws {
        let path = try directory.write(#"{"password": "p"}"#, to: "options", mode: 0o644)
        let error = #expect(throws: UsageError.self) { try OptionsFile.read(path) }
        #expect(error?.description.contains("must not be readable by everybody; use: chmod o-r") == true)
        #expect(error?.description.contains("\"p\"") == false)
        let harmless = try directory.write(#"{"user": "p"}"#, to: "options", mode: 0o644)
        #expect(try OptionsFile.read(harmless).user == "p")
    }

    @Test func withoutTheUsersFileNothingIsSaid() throws {
        #expect(try OptionsFile.read(home: directory.path) == GivenOptions())
        #expect(try OptionsFile.read(home: nil) == GivenOptions())
        #expect(try OptionsFile.read(home: "") == GivenOptions())
    }

    /// A02: no file, no guess.
    @Test func aFileThatIsNamedMustBeThere() throws {
        #expect(throws: UsageError.self) { try OptionsFile.read(directory.path("missing")) }
        #expect(throws: UsageError.self) { try OptionsFile.read(directory.path) }
    }

    /// C20: one newline is the editor's.
    @Test(arguments: [("secret\n", "secret"), ("se cret", "se cret"), ("\n\n", "\n")])
    func oneNewlineIsNotPartOfThePassword(text: String, password: String) throws {
        #expect(try PasswordFile.usable(directory.write(text, to: "password")) == password)
    }

    /// C20: who may read it knows it.
    @Test func aPasswordFileForEverybodyIsRefused() throws {
        let path = try directory.write("secret", to: "password", mode: 0o644)
        let error = #expect(throws: UsageError.self) { try PasswordFile.usable(path) }
        #expect(error?.description == "\(path): everybody may read it; use: chmod o-r")
    }
}
