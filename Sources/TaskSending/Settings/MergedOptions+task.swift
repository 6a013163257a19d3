import CommandCatalog
import ProgramOptions

/// What only a program that sends one task asks for.
extension MergedOptions {
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

    /// How the task is signed; `nil` where no key is named.
    func signature() throws(UsageError) -> Settings.Signature? {
        let target = first(\.signedTarget)
        guard let key = first(\.signingKey) else {
            guard target == nil, first(\.challenge) == nil else {
                throw UsageError("--target and --challenge are signed; name your key with --key")
            }
            return nil
        }
        if let host, let target, host != target {
            throw UsageError("the task goes to \(host) and is signed for \(target); leave out --target")
        }
        guard let host = host ?? target else {
            throw UsageError("a signed task is for one host; name it with --target host/NAME")
        }
        return Settings.Signature(key: key, host: host, challenge: first(\.challenge))
    }

    /// The host whose topics are used.
    var host: HostIdentity? { sources.first { $0.target != nil || $0.topic != nil }?.target }

    /// Where a host tells its key.
    func statusTopic(of host: HostIdentity) throws(UsageError) -> TopicName {
        guard let topics = HostTopics(root: first(\.root) ?? HostTopics.defaultRoot, host: host) else {
            throw UsageError("--root: expected the first level or levels of a topic")
        }
        return topics.status
    }

    /// How the result is shown.
    var format: Settings.Format {
        let source = sources.first { $0.isJSON != nil || $0.isQuiet != nil }
        if source?.isJSON == true { return .json }
        return source?.isQuiet == true ? .quiet : .person
    }
}
