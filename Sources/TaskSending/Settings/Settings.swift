import CommandCatalog
import ConfigurationReader
import MQTT
import ProgramOptions

/// How one task is sent: command line, environment and options file together.
package struct Settings: Equatable, Sendable {
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
        /// Where the host tells its key; only where the task is signed.
        var status: TopicName?
    }

    /// How the task is signed.
    struct Signature: Equatable, Sendable {
        /// The file of the key.
        var key: String
        /// The host that it is for.
        var host: HostIdentity
        /// What the host gave out in place of the time.
        var challenge: String?
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
    /// How the task is signed; `nil`: it is not.
    var signature: Signature?
    /// The host that is asked; `nil`: the topics do not say.
    var host: HostIdentity?
    /// The file of the hosts' keys; the usual one where none is named.
    var knownHosts: String?
    /// What the user should know about the way of calling.
    var warnings: [String] = []

    /// The longest that a user who says nothing waits.
    package static let defaultTimeout = Duration.seconds(30)

    /// Merges the sources: of each option the first that names it counts.
    ///
    /// Options that belong together are taken together: a host with a port does not get another port from a source
    /// behind it, and who names topics is not sent to the host of a source behind it.
    ///
    /// - Parameters:
    ///   - commandLine: The first source, and the only one where a password is seen by all users of the machine.
    ///   - others: The other sources, in their order.
    ///   - usual: How long a user who says nothing waits.
    ///   - readPassword: Reads a password file.
    /// - Throws: What is missing, or contradicts itself.
    init(
        commandLine: GivenOptions, others: [GivenOptions] = [], timeout usual: Duration = Self.defaultTimeout,
        readPassword: (String) throws(UsageError) -> String = PasswordFile.usable
    ) throws(UsageError) {
        let sources = MergedOptions([commandLine] + others)
        let access = try sources.access(readPassword)
        (broker, user, password, tls) = (access.address, access.user, access.password, access.tls)
        topics = try sources.topics()
        signature = try sources.signature()
        host = signature?.host ?? sources.host
        knownHosts = sources.first(\.knownHosts)
        if let signature { topics.status = try sources.statusTopic(of: signature.host) }
        retries = topics.event != nil || sources.first(\.retries) ?? false
        // A repetition is known by the agent, so once is enough; and only then a broker says that nobody listens.
        qos = sources.first(\.qos) ?? (retries ? .atLeastOnce : .exactlyOnce)
        wantsDetail = sources.first(\.wantsDetail) ?? false
        follows = sources.first(\.follows) ?? false
        cancelsOnInterrupt = sources.first(\.cancelsOnInterrupt) ?? false
        reason = sources.first(\.reason)
        timeout = sources.first(\.timeout) ?? usual
        format = sources.format
        try check()
        if commandLine.password != nil {
            warnings.append("--password is visible to every user of this machine; use --password-file")
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
    }
}
