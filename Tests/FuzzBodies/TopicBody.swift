import CommandCatalog
import PluginKit

/// What is made of names never has more levels than was written, and no wildcard.
enum TopicBody {
    static func run(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let parts = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let (first, second) = (parts[0], parts.count > 1 ? parts[1] : parts[0])
        let (topic, filter) = (TopicName(first), TopicFilter(second))
        if let topic {
            require(!topic.description.utf8.contains { $0 == 35 || $0 == 43 || $0 == 0 }, "\(topic)")
            require(TopicFilter(topic).matches(topic.description), "a topic is its own filter: \(topic)")
        }
        if let filter { _ = filter.matches(first) }
        guard let host = HostIdentity(first) else { return }
        require(host.description.utf8.allSatisfy { $0 < 128 && $0 > 32 && $0 != 47 }, "\(host)")
        let expanded = host.expanded(in: second)
        let isPlain = !second.utf8.contains(UInt8(ascii: "%"))
        require(!isPlain || expanded.utf8.elementsEqual(second.utf8), "\(second) became \(expanded)")
        require(levels(expanded) == levels(second), "\(second) became \(expanded)")
        if let topics = HostTopics(root: second, host: host) {
            for topic in topics.all { require(levels(topic.description) == levels(second) + 2, "\(topic)") }
        }
    }

    private static func levels(_ text: String) -> Int { text.utf8.count { $0 == UInt8(ascii: "/") } }
}
