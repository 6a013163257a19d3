import CommandCatalog
import MQTT

/// Several sources, the strongest first.
struct MergedOptions {
    let sources: [GivenOptions]

    init(_ sources: [GivenOptions]) { self.sources = sources }

    /// The value of the first source that has one.
    func first<Value>(_ option: KeyPath<GivenOptions, Value?>) -> Value? {
        sources.lazy.compactMap { $0[keyPath: option] }.first
    }

    /// The broker; on this machine where nobody names another.
    func broker() throws(UsageError) -> BrokerAddress {
        let host = sources.firstIndex { $0.host != nil }
        let text = host.flatMap { sources[$0].host } ?? "localhost"
        let address: BrokerAddress
        do throws(BrokerAddressError) {
            address = try BrokerAddress(text, secure: first(\.isSecure) ?? false)
        } catch {
            throw UsageError("\(error)")
        }
        let port = sources.firstIndex { $0.port != nil }
        guard let port, !isHidden(port, behind: host) else { return address }
        return BrokerAddress(host: address.host, port: sources[port].port, isTLS: address.isTLS)
    }

    /// Whether the port belongs to another host than that of the stronger source, which names its own.
    private func isHidden(_ port: Int, behind host: Int?) -> Bool {
        guard let host, port > host else { return false }
        return sources[host].hasPortInHost
    }

    /// The password, of the first source that has one in whatever way.
    func password(_ read: (String) throws(UsageError) -> String) throws(UsageError) -> String? {
        let source = sources.first { $0.password != nil || $0.passwordFile != nil }
        guard let path = source?.passwordFile else { return source?.password }
        return try read(path)
    }

    /// The topics: those of a host, or those that are named.
    func topics() throws(UsageError) -> Settings.Topics {
        guard let source = sources.firstIndex(where: { $0.target != nil || $0.topic != nil }) else {
            throw UsageError("where is the task to go? Name the host with --to, or the topic with --topic")
        }
        if let topic = sources[source].topic {
            return Settings.Topics(command: topic, result: first(\.resultTopic))
        }
        guard let host = sources[source].target, sources[..<source].allSatisfy({ $0.resultTopic == nil }) else {
            throw UsageError("--to names the topics of the host; leave out --result-topic")
        }
        guard let topics = HostTopics(root: first(\.root) ?? HostTopics.defaultRoot, host: host) else {
            throw UsageError("--root: expected the first level or levels of a topic")
        }
        return Settings.Topics(command: topics.command, result: topics.result, event: topics.event)
    }

    /// How the result is shown.
    var format: Settings.Format {
        let source = sources.first { $0.isJSON != nil || $0.isQuiet != nil }
        if source?.isJSON == true { return .json }
        return source?.isQuiet == true ? .quiet : .person
    }
}
