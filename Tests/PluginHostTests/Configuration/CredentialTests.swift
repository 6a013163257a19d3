import ConfigurationReader
import MQTT
import TestSupport
import Testing

@testable import PluginHost

/// A password that systemd hands over.
@Suite struct CredentialTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func problem(_ source: String, directory credentials: String?) throws -> String {
        let source = try #require(FileSource(source))
        let problem = #expect(throws: ConfigurationProblem.self) {
            _ = try PasswordFile(source.path(credentials: credentials))
        }
        return problem?.description ?? ""
    }

    @Test func credentialIsReadFromTheDirectoryOfTheService() throws {
        try directory.write("s3cret\n", to: "mqtt")
        let source = try #require(FileSource("credential:mqtt"))
        #expect(try PasswordFile(source.path(credentials: directory.path)).password == "s3cret")
    }

    @Test func whatIsMissingIsNamed() throws {
        #expect(
            try problem("credential:mqtt", directory: nil)
                == "credential:mqtt: systemd hands us no credentials ($CREDENTIALS_DIRECTORY is not set); its unit needs LoadCredential=mqtt:PATH"
        )
        let path = directory.path("mqtt")
        #expect(
            try problem("credential:mqtt", directory: directory.path)
                == "\(path): cannot be opened: No such file or directory")
        try directory.write("x", to: "mqtt", mode: 0o644)
        #expect(
            try problem("credential:mqtt", directory: directory.path)
                == "\(path): everybody may read it; use: chmod o-r")
    }

    @Test(arguments: ["credential:", "credential:.", "credential:..", "credential:a/b", "mqtt", "credentials:a", "./a"])
    func whatIsNeitherPathNorCredentialIsRefused(source: String) {
        #expect(FileSource(source) == nil)
    }

    @Test func hostStandsForItselfInUserAndCredential() throws {
        let password = try directory.write("x", to: "web01")
        let text = """
            {"Host": "127.0.0.1", "Hostname": "web01", "User": "agent-%h", "PasswordFile": "\(directory.path("%h"))"}
            """
        let path = try directory.write(text, to: "main.json")
        let configuration = try AgentConfiguration.load(file: path, registry: PluginRegistry([]))
        #expect(configuration.host.brokers.first?.username == "agent-web01")
        #expect(password == directory.path("web01"))
    }
}
