import CommandCatalog
import ConfigurationReader
import MQTT
import ProgramOptions

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
        readPassword: (String) throws(UsageError) -> String = PasswordFile.usable
    ) throws(UsageError) {
        let sources = MergedOptions([commandLine] + others)
        let access = try sources.access(readPassword)
        (broker, user, password, tls) = (access.address, access.user, access.password, access.tls)
        qos = sources.first(\.qos) ?? .exactlyOnce
        topics = try sources.topics()
        reason = sources.first(\.reason)
        timeout = sources.first(\.timeout) ?? Self.defaultTimeout
        format = sources.format
        if commandLine.password != nil {
            warnings.append("--password is visible to every user of this machine; use --password-file")
        }
    }
}
