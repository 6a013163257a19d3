import CommandCatalog
import JSON
import MQTT

/// The hosts of which the broker keeps something.
struct Fleet {
    /// What the broker keeps of one host.
    struct Host: Equatable, Sendable {
        /// Whether it says that it is online; `nil`: it says nothing.
        var isOnline: Bool?
        /// What it said of itself last.
        var status: JSONObject?
    }

    private let prefix: String
    private(set) var hosts: [HostIdentity: Host] = [:]

    /// No host yet, below a root.
    init(root: String) { prefix = root + "/" }

    /// Takes note of a message; whether it is one of a host's `online` or `status`.
    @discardableResult
    mutating func take(_ message: ReceivedMessage) -> Bool {
        guard message.topic.hasPrefix(prefix) else { return false }
        let levels = message.topic.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false)
        guard levels.count == 2, let host = HostIdentity(String(levels[0])) else { return false }
        switch levels[1] {
        case "online":
            let isOnline: Bool? =
                switch message.payload {
                case Array("1".utf8): true
                case Array("0".utf8): false
                default: nil
                }
            hosts[host, default: Host()].isOnline = isOnline
        case "status": hosts[host, default: Host()].status = (try? JSONText(message.payload))?.value.object
        default: return false
        }
        // What was forgotten while we looked is gone.
        if hosts[host] == Host() { hosts[host] = nil }
        return true
    }

    /// What is subscribed to for learning this.
    ///
    /// Of QoS 0: what a broker queues of the others for one client has a bound, and of a large fleet it would throw the
    /// rest away without a word (mosquitto: `max_queued_messages`, 1000).
    static func subscriptions(root: String) -> [MQTTSubscription] {
        subscriptions(root: root, host: "+")
    }

    /// The same for hosts that are known by name: not every broker tells what it keeps to who subscribes to all at once
    /// (RabbitMQ 3.10 does not).
    static func subscriptions(root: String, hosts: [HostIdentity]) -> [MQTTSubscription] {
        hosts.flatMap { subscriptions(root: root, host: $0.description) }
    }

    private static func subscriptions(root: String, host: String) -> [MQTTSubscription] {
        ["online", "status"].map { MQTTSubscription("\(root)/\(host)/\($0)", qos: .atMostOnce) }
    }
}

extension BrokerSession {
    /// After so long without a retained message there is none left.
    private static let quiet = Duration.milliseconds(500)

    /// Takes what the broker keeps: all that comes until it is quiet for a moment.
    ///
    /// - Parameter take: Whether the message was one of those that are waited for.
    /// - Returns: Whether it became quiet; else the time was over before, and there may be more.
    /// - Throws: The broker is gone.
    func collectRetained(_ take: (ReceivedMessage) -> Bool) throws(Failure) -> Bool {
        var limit = ContinuousClock.now + Self.quiet
        while .now < limit {
            guard limit <= deadline else { return false }
            for case .message(let message) in try next(until: limit) where take(message) {
                limit = .now + Self.quiet
            }
        }
        return dropped == 0
    }
}
