/// A topic that is published to: levels joined by `/`, without wildcards (MQTT 3.1.1, section 4.7).
public struct TopicName: Sendable, Hashable, CustomStringConvertible {
    /// The topic.
    public let description: String

    /// The topic, or `nil` when it is empty, longer than 65,535 bytes, begins with `$`, or has a wildcard, an empty
    /// level or a control character.
    public init?(_ text: String) {
        guard TopicLevels.areValid(text), !text.utf8.contains(where: TopicLevels.isWildcard) else { return nil }
        description = text
    }
}

extension TopicName {
    /// Whether both have the same bytes, which is what brokers compare.
    public static func == (left: TopicName, right: TopicName) -> Bool {
        left.description.utf8.elementsEqual(right.description.utf8)
    }

    /// Feeds the bytes of the topic.
    public func hash(into hasher: inout Hasher) {
        TopicLevels.hash(description, into: &hasher)
    }
}

/// A filter that topics are subscribed by: like a topic, but a level may be `+` and the last one `#`.
public struct TopicFilter: Sendable, Hashable, CustomStringConvertible {
    /// The filter.
    public let description: String
    /// Whether more than one topic can pass.
    private let hasWildcard: Bool

    /// The filter, or `nil` when it is none.
    public init?(_ text: String) {
        guard TopicLevels.areValid(text) else { return nil }
        let levels = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, level) in levels.enumerated() where level.contains(where: TopicLevels.isWildcard) {
            let isLast = index == levels.count - 1
            guard level.count == 1, level.first == UInt8(ascii: "+") || isLast else { return nil }
        }
        description = text
        hasWildcard = text.utf8.contains(where: TopicLevels.isWildcard)
    }

    /// The filter that only this topic passes.
    public init(_ topic: TopicName) {
        description = topic.description
        hasWildcard = false
    }

    /// Whether a topic passes (MQTT 3.1.1, sections 4.7.1 and 4.7.2: no wildcard stands for a leading `$`).
    public func matches(_ topic: String) -> Bool {
        guard hasWildcard else { return description.utf8.elementsEqual(topic.utf8) }
        guard topic.utf8.first != UInt8(ascii: "$") else { return false }
        var levels = topic.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)[...]
        for part in description.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            if part.elementsEqual("#".utf8) { return true }
            guard let level = levels.popFirst() else { return false }
            guard part.elementsEqual("+".utf8) || part.elementsEqual(level) else { return false }
        }
        return levels.isEmpty
    }
}

extension TopicFilter {
    /// Whether both have the same bytes, which is what brokers compare.
    public static func == (left: TopicFilter, right: TopicFilter) -> Bool {
        left.description.utf8.elementsEqual(right.description.utf8)
    }

    /// Feeds the bytes of the filter.
    public func hash(into hasher: inout Hasher) {
        TopicLevels.hash(description, into: &hasher)
    }
}

/// What topics and filters have in common.
private enum TopicLevels {
    static func areValid(_ text: String) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, bytes.count <= 65_535, first != UInt8(ascii: "$") else { return false }
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return false }
        return !bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).contains(where: \.isEmpty)
    }

    static func hash(_ text: String, into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    static func isWildcard(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "+") || byte == UInt8(ascii: "#") }
}
