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

    /// How the result is shown.
    var format: Settings.Format {
        let source = sources.first { $0.isJSON != nil || $0.isQuiet != nil }
        if source?.isJSON == true { return .json }
        return source?.isQuiet == true ? .quiet : .person
    }
}
