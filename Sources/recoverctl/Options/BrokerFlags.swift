import ArgumentParser
import ConfigurationReader
import Glibc
import MQTT
import ProgramOptions
import Signatures

/// How the broker is reached: the options of `send-command`, from the same three places.
struct BrokerFlags: ParsableArguments {
    @Option(
        name: [.customShort("h"), .long], help: "The broker: host, host:port, mqtt://… or mqtts://…; default localhost."
    )
    var host: String?
    @Option(help: "Its port; default 1883, with TLS 8883.")
    var port: String?
    @Option(name: [.customShort("u"), .long], help: "User name.")
    var user: String?
    @Option(name: [.customShort("p"), .long], help: "Password; every user of this machine can see it.")
    var password: String?
    @Option(help: "A file that holds the password and nothing else, not readable by everybody.")
    var passwordFile: String?
    @Flag(name: [.customShort("s"), .long], help: "Connect with TLS.")
    var secure = false
    @Option(help: "Trusted authorities (PEM); default the system's.")
    var cafile: String?
    @Option(help: "Our certificate (PEM), where the broker asks for one.")
    var cert: String?
    @Option(help: "The private key of it (PEM).")
    var keyFile: String?
    @Option(help: "Sign what is asked of agents with this private key (PEM).")
    var key: String?
    @Option(help: "The keys by which hosts sign their answers; default known-hosts.json in ~/.config/recoverd.")
    var knownHosts: String?
    @Option(help: "What the topics begin with; default recovery.")
    var root: String?
    @Option(help: "How long to wait in all: seconds, or 30s, 2m …; default 10s.")
    var timeout: String?
    @Option(help: "A JSON file with these options; default ~/.config/recoverd/send-command.json.")
    var options: String?

    /// Reads command line, environment and options file.
    ///
    /// - Throws: What is wrong, by whose fault.
    func settings() throws(Failure) -> BrokerSettings {
        let typed = try mistakes(.usage) { () throws(UsageError) in try GivenOptions(OptionTexts.commandLine(texts)) }
        let others = try mistakes(.configuration) { () throws(UsageError) in
            let environment = try GivenOptions(OptionTexts.environment(Self.variable))
            let file =
                if let options { try OptionsFile.read(options) } else {
                    try OptionsFile.read(home: Self.variable("HOME"))
                }
            return [environment, file]
        }
        if password != nil {
            Output.complain("warning: --password is visible to every user of this machine; use --password-file")
        }
        return try mistakes(.usage) { () throws(UsageError) in
            try BrokerSettings(MergedOptions([typed] + others), timeout: typed.timeout)
        }
    }

    private var texts: [OptionName: String] {
        let pairs: [(OptionName, String?)] = [
            (.host, host), (.port, port), (.user, user), (.password, password), (.passwordFile, passwordFile),
            (.secure, secure ? "true" : nil), (.cafile, cafile), (.cert, cert), (.keyFile, keyFile), (.key, key),
            (.knownHosts, knownHosts), (.root, root), (.timeout, timeout),
        ]
        return Dictionary(uniqueKeysWithValues: pairs.compactMap { name, text in text.map { (name, $0) } })
    }

    private func mistakes<Value>(
        _ status: ProgramStatus, _ body: () throws(UsageError) -> Value
    ) throws(Failure) -> Value {
        do throws(UsageError) {
            return try body()
        } catch {
            throw Failure(status, error.description)
        }
    }

    fileprivate static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

/// Where the broker is, and how long it is worth waiting for.
struct BrokerSettings: Sendable {
    let access: BrokerAccess
    let root: String
    let timeout: Duration
    /// With whose key questions to agents are signed; `nil`: they are not.
    let signer: TaskSigner?
    /// The file of the hosts' keys; `nil`: none is named, and there is no home.
    let knownHostsFile: String?

    /// What the sources say together.
    ///
    /// - Parameters:
    ///   - sources: All of them.
    ///   - timeout: That of the command line; those of the other sources are for commands, which take longer.
    /// - Throws: What is missing, or contradicts itself.
    init(_ sources: MergedOptions, timeout: Duration?) throws(UsageError) {
        access = try sources.access()
        root = sources.first(\.root) ?? "recovery"
        signer = try sources.first(\.signingKey).map { file throws(UsageError) in try TaskSigner(file: file) }
        knownHostsFile = sources.first(\.knownHosts) ?? KnownHosts.defaultPath(environment: BrokerFlags.variable)
        self.timeout = timeout ?? .seconds(10)
    }

    /// The keys by which hosts sign what they answer.
    ///
    /// - Throws: The file cannot be trusted or read; then nobody may be taken at his word either.
    func knownHosts() throws(Failure) -> KnownHosts {
        guard let knownHostsFile else { return KnownHosts() }
        do throws(ConfigurationError) {
            return try KnownHosts(file: knownHostsFile)
        } catch {
            throw Failure(error)
        }
    }
}
