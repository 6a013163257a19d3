import CommandCatalog
import ConfigurationReader
import JSON
import MQTT

/// A kind of value that an option may have, read from its text wherever that stands.
package struct OptionKind<Value> {
    /// What is wanted, as it stands behind "expected".
    let expected: String
    /// The value, or `nil` when the text is none.
    let parse: (String) -> Value?
    /// Whether the text may be shown in an error.
    var isSecret = false

    /// The same kind for the options file, where a number or a boolean may stand as such.
    var inFile: ConfigurationValue<Value> {
        ConfigurationValue(expected) { [self] (json) throws(ConfigurationValueError) in
            guard let text = json.optionText else { throw .unexpected }
            guard let value = parse(text) else { throw .because(complaint(about: text)) }
            return value
        }
    }

    /// `expected …, found "…"`.
    func complaint(about text: String) -> String {
        isSecret ? "expected \(expected)" : "expected \(expected), found \(text.debugDescription)"
    }
}

extension JSONValue {
    /// How a scalar would be written on the command line.
    fileprivate var optionText: String? {
        switch self {
        case .string(let text): text
        case .integer(let number): "\(number)"
        case .bool(let value): "\(value)"
        default: nil
        }
    }
}

extension OptionKind where Value == String {
    /// Any text but the empty one.
    static var text: Self { Self(expected: "a text that is not empty") { $0.isEmpty ? nil : $0 } }

    /// A text that is never shown.
    static var secret: Self {
        Self(expected: "a text that is not empty", parse: { $0.isEmpty ? nil : $0 }, isSecret: true)
    }

    /// A broker in one of the forms of `BrokerAddress`; it stays text until port and TLS are known, too.
    static var broker: Self {
        let forms =
            "\"host\", \"host:port\" or \"[IPv6 address]:port\", also behind mqtt://, tcp://, mqtts:// or ssl://"
        return Self(expected: forms) { (try? BrokerAddress($0)) == nil ? nil : $0 }
    }

    /// The beginning of our own topics.
    static var root: Self {
        Self(expected: "the first level or levels of a topic, without wildcards") { TopicName($0) == nil ? nil : $0 }
    }

    /// A reason for a task; messages bound it.
    static var reason: Self {
        Self(expected: "1 to 256 bytes of text") { (1...256).contains($0.utf8.count) ? $0 : nil }
    }
}

extension OptionKind where Value == Bool {
    /// `true` or `false`, `1` or `0`.
    static var flag: Self {
        Self(expected: "true or false") { ["true": true, "1": true, "false": false, "0": false][$0] }
    }
}

extension OptionKind where Value == Int {
    /// A TCP port.
    static var port: Self {
        Self(expected: "a port from 1 to 65535") { Int($0).flatMap { (1...65_535).contains($0) ? $0 : nil } }
    }
}

extension OptionKind where Value == MQTTQoS {
    /// A quality of service.
    static var qos: Self { Self(expected: "0, 1 or 2") { Int($0).flatMap(MQTTQoS.init) } }
}

extension OptionKind where Value == TopicName {
    /// A topic that is published to.
    static var topic: Self { Self(expected: "a topic without wildcards and empty levels", parse: TopicName.init) }
}

extension OptionKind where Value == HostIdentity {
    /// A host.
    static var host: Self {
        Self(expected: "a host's identity: letters, digits, \"_\" and \"-\", at most 128", parse: HostIdentity.init)
    }
}

extension OptionKind where Value == HostIdentity {
    /// Whom a signed task is for.
    static var hostTarget: Self {
        Self(expected: "\"host/\" and a host's identity, such as \"host/web01\"") { text in
            text.hasPrefix("host/") ? HostIdentity(String(text.dropFirst("host/".count))) : nil
        }
    }
}

extension OptionKind where Value == String {
    /// What a host gives out in place of the time.
    static var challenge: Self {
        Self(expected: "the challenge of the host's status, 1 to 64 bytes") {
            (1...64).contains($0.utf8.count) ? $0 : nil
        }
    }
}

extension OptionKind where Value == Duration {
    /// Seconds, or a duration with its unit.
    ///
    /// Nobody waits for longer than a day.
    static var timeout: Self {
        Self(expected: "seconds or a duration such as \"30s\" or \"2m\", more than 0 and at most \"1d\"") { text in
            let isPlain = !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard let duration = DurationText(isPlain ? text + "s" : text)?.duration else { return nil }
            return duration > .zero && duration <= .seconds(86_400) ? duration : nil
        }
    }
}
