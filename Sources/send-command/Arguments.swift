import ArgumentParser

/// The command line.
struct Arguments: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send-command",
        abstract: "Sends one recovery command to an agent over MQTT, waits for its answer, and exits with its code.",
        usage: "send-command [<option> …] <service> <command> [<name>=<value> …]",
        discussion: HelpText.discussion,
        version: Version.text,
        helpNames: [.customLong("help")]
    )

    @Argument(help: "The service, as the agent's catalog names it.")
    var service: String

    @Argument(help: "The command of the service.")
    var command: String

    @Argument(help: ArgumentHelp("Parameters of the command.", valueName: "name=value"))
    var parameters: [String] = []

    @Option(
        name: [.customShort("h"), .long],
        help: ArgumentHelp("The broker: host, host:port, [IPv6]:port, mqtt://… or mqtts://…; default localhost."))
    var host: String?

    @Option(help: ArgumentHelp("Its port; default 1883, with TLS 8883.", valueName: "number"))
    var port: String?

    @Option(name: [.customShort("u"), .long], help: ArgumentHelp("User name for the broker.", valueName: "name"))
    var user: String?

    @Option(
        name: [.customShort("p"), .long], parsing: .unconditional,
        help: ArgumentHelp("Password; every user of this machine can see it.", valueName: "text"))
    var password: String?

    @Option(help: ArgumentHelp("A file that holds the password, not readable by everybody.", valueName: "file"))
    var passwordFile: String?

    @Flag(name: [.customShort("s"), .long], help: "Connect with TLS.")
    var secure = false

    @Option(help: ArgumentHelp("Trusted authorities (PEM); default those of the system.", valueName: "file"))
    var cafile: String?

    @Option(help: ArgumentHelp("Our certificate (PEM), for brokers that ask for one.", valueName: "file"))
    var cert: String?

    @Option(help: ArgumentHelp("The private key of it (PEM).", valueName: "file"))
    var keyFile: String?

    @Option(
        name: [.customShort("q"), .long],
        help: ArgumentHelp("Quality of service, 0 to 2; default 2.", valueName: "level"))
    var qos: String?

    @Option(
        name: [.customShort("t"), .long], help: ArgumentHelp("The topic that the agent listens on.", valueName: "topic")
    )
    var topic: String?

    @Option(
        name: [.customShort("r"), .long],
        help: ArgumentHelp("The topic on which it answers; without it nobody waits.", valueName: "topic"))
    var resultTopic: String?

    @Option(help: ArgumentHelp("The host, in place of both topics.", valueName: "host"))
    var to: String?

    @Option(help: ArgumentHelp("With --to: what the topics begin with; default recovery.", valueName: "topic"))
    var root: String?

    @Option(help: ArgumentHelp("Why; for the log of the agent.", valueName: "text"))
    var reason: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How long to wait in all: seconds, or 30s, 2m …; default 30s.", valueName: "time"))
    var timeout: String?

    @Flag(help: "Print one JSON object and nothing else.")
    var json = false

    @Flag(help: "Print only what the command printed.")
    var quiet = false

    @Option(help: ArgumentHelp("A JSON file with these options.", valueName: "file"))
    var options: String?

    /// The options as texts.
    var texts: [OptionName: String] {
        let texts: [OptionName: String?] = [
            .host: host, .port: port, .user: user, .password: password, .passwordFile: passwordFile,
            .secure: secure ? "true" : nil, .cafile: cafile, .cert: cert, .keyFile: keyFile, .qos: qos, .topic: topic,
            .resultTopic: resultTopic, .to: to, .root: root, .reason: reason, .timeout: timeout,
            .json: json ? "true" : nil, .quiet: quiet ? "true" : nil,
        ]
        return texts.compactMapValues { $0 }
    }
}
