import CommandCatalog
import ConfigurationReader
import MQTT

/// How one task is sent: command line, environment and options file together.
struct Settings: Equatable, Sendable {
    /// How the result is shown.
    enum Format: Sendable {
        case person
        case json
        case quiet
    }

    /// Where the task goes, and where its answer comes; without the latter nobody waits.
    struct Topics: Equatable, Sendable {
        var command: TopicName
        var result: TopicName?
        /// What happens before the answer; only with the topics of a host.
        var event: TopicName?
    }

    var broker: BrokerAddress
    var user: String?
    var password: String?
    var tls: TLSOptions
    var qos: MQTTQoS
    var topics: Topics
    var reason: String?
    var timeout: Duration
    var format: Format
    /// Whether all that the agent knows of the task is shown.
    var wantsDetail: Bool
    /// Whether the output is shown while the command runs.
    var follows: Bool
    /// Whether the task is sent again until it is answered: an agent with topics of its own knows a repetition, the
    /// predecessor's would run it again.
    var retries: Bool
    /// Whether an interrupt by the keyboard ends the command, too.
    var cancelsOnInterrupt: Bool
    /// What the user should know about the way of calling.
    var warnings: [String] = []

    /// The longest that a user who says nothing waits.
    static let defaultTimeout = Duration.seconds(30)

    /// Merges the sources: of each option the first that names it counts.
    ///
    /// Options that belong together are taken together: a host with a port does not get another port from a source
    /// behind it, and who names topics is not sent to the host of a source behind it.
    ///
    /// - Parameters:
    ///   - commandLine: The first source, and the only one where a password is seen by all users of the machine.
    ///   - others: The other sources, in their order.
    ///   - readPassword: Reads a password file.
    /// - Throws: What is missing, or contradicts itself.
    init(
        commandLine: GivenOptions, others: [GivenOptions] = [],
        readPassword: (String) throws(UsageError) -> String = Self.readPassword
    ) throws(UsageError) {
        let sources = MergedOptions([commandLine] + others)
        broker = try sources.broker()
        user = sources.first(\.user)
        password = try sources.password(readPassword)
        tls = TLSOptions(
            caFile: sources.first(\.caFile), certificateFile: sources.first(\.certificateFile),
            keyFile: sources.first(\.keyFile)
        )
        topics = try sources.topics()
        retries = topics.event != nil || sources.first(\.retries) ?? false
        // A repetition is known by the agent, so once is enough; and only then a broker says that nobody listens.
        qos = sources.first(\.qos) ?? (retries ? .atLeastOnce : .exactlyOnce)
        wantsDetail = sources.first(\.wantsDetail) ?? false
        follows = sources.first(\.follows) ?? false
        cancelsOnInterrupt = sources.first(\.cancelsOnInterrupt) ?? false
        reason = sources.first(\.reason)
        timeout = sources.first(\.timeout) ?? Self.defaultTimeout
        format = sources.format
        try check()
        if commandLine.password != nil {
            warnings.append("--password is visible to every user of this machine; use --password-file")
        }
    }

    /// Reads a password file; what is wrong with it is a mistake of usage.
    static func readPassword(_ path: String) throws(UsageError) -> String {
        do throws(ConfigurationProblem) {
            return try PasswordFile(path).password
        } catch {
            throw UsageError("\(error)")
        }
    }

    /// What the agent is asked to tell.
    ///
    /// Who follows the output needs the detail as well: it tells how much output there was.
    var reply: ReplyWishes { ReplyWishes(detail: wantsDetail || follows, follow: follows) }

    private func check() throws(UsageError) {
        if follows && topics.event == nil {
            throw UsageError("--follow needs --to: output that goes on comes by a topic of the host")
        }
        if follows && format == .json {
            throw UsageError("expected one of --follow and --json, found both")
        }
        if password != nil && user == nil {
            throw UsageError("a password needs a user name; add --user")
        }
        if (tls.certificateFile == nil) != (tls.keyFile == nil) {
            throw UsageError("--cert and --key-file belong together, found only one of them")
        }
        if !broker.isTLS && (tls.caFile != nil || tls.certificateFile != nil) {
            throw UsageError("--cafile, --cert and --key-file are for TLS; add --secure or write mqtts://")
        }
    }
}
