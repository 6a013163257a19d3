/// The topics of one host, `<root>/<host>/…`: one fixed depth, so that a broker's access list needs one line a row.
public struct HostTopics: Sendable, Equatable {
    /// Tasks for the host; never retained.
    public let command: TopicName
    /// The host's results.
    public let result: TopicName
    /// What happens to tasks before their results.
    public let event: TopicName
    /// `1` or `0`, retained; the last will sets it to `0`.
    public let online: TopicName
    /// What the agent is and does, retained.
    public let status: TopicName
    /// The services and commands that may be asked for, retained.
    public let catalog: TopicName

    /// The topics of a host under a root of one or several levels; `nil` when the root is no topic.
    public init?(root: String, host: HostIdentity) {
        func topic(_ last: String) -> TopicName? { TopicName("\(root)/\(host)/\(last)") }
        guard let command = topic("command"), let result = topic("result"), let event = topic("event"),
            let online = topic("online"),
            let status = topic("status"), let catalog = topic("catalog")
        else { return nil }
        self.command = command
        self.result = result
        self.event = event
        self.online = online
        self.status = status
        self.catalog = catalog
    }

    /// All of them.
    public var all: [TopicName] { [command, result, event, online, status, catalog] }

    /// The root where the configuration names none.
    public static let defaultRoot = "recovery"
}
