public import CommandCatalog
public import ConfigurationReader
internal import JSON

extension ConfigurationValue where Value == TopicName {
    /// A topic; `%h` in it is the host.
    public static func topic(on host: HostIdentity) -> Self {
        parsed("a topic: levels joined by \"/\", none empty, no +, # or leading $") { text in
            TopicName(host.expanded(in: text))
        }
    }
}

extension ConfigurationValue where Value == String {
    /// An absolute path; `%h` in it is the host.
    public static func path(on host: HostIdentity) -> Self {
        parsed("an absolute path such as \"/etc/recoverd/ca.pem\"") { text in
            text.utf8.first == UInt8(ascii: "/") ? host.expanded(in: text) : nil
        }
    }
}

extension ConfigurationValue where Value == HostTopics? {
    /// What the host's own topics begin with; the empty text switches them off.
    public static func ownTopics(of host: HostIdentity) -> Self {
        let expected = "one or several levels of a topic such as \"recovery\", or \"\" for no topics of our own"
        return Self(expected) { (json) throws(ConfigurationValueError) in
            guard let root = json.string else { throw .unexpected }
            if root.isEmpty { return nil }
            guard let topics = HostTopics(root: root, host: host) else { throw .found(root, expected: expected) }
            return topics
        }
    }
}

extension HostIdentity {
    /// The text with every `%h` replaced by the host, so that one file serves every host.
    public func expanded(in text: String) -> String {
        var result = ""
        var rest = text[...]
        while let percent = rest.firstIndex(of: "%") {
            let next = rest.index(after: percent)
            guard next < rest.endIndex, rest[next] == "h" else {
                result += rest[...percent]
                rest = rest[next...]
                continue
            }
            result += rest[..<percent] + description
            rest = rest[rest.index(after: next)...]
        }
        return result + rest
    }
}
