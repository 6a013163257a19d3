import ArgumentParser
import CommandCatalog
import JSON
import MQTT

/// `recoverctl forget`: removes what the broker keeps of a host that is no more.
struct Forget: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Clears the retained topics of a host that will not come back.")

    @Argument(help: "The host.")
    var host: String
    @Flag(help: "Also if the host says that it is online.")
    var force = false
    @OptionGroup var format: FormatFlags
    @OptionGroup var broker: BrokerFlags

    func run() throws {
        let (host, settings) = (try HostName.read(host, of: "the host"), try broker.settings())
        let kept = try Self.kept(of: host, settings)
        guard !kept.isEmpty else { throw Failure(.noTarget, "the broker keeps nothing of \(host)") }
        let online = try HostTopics.under(settings.root, host).online.description
        if kept[online] == Array("1".utf8), !force {
            throw Failure(
                .refused,
                "\(host) says that it is online, and would announce itself again; stop its agent, or use --force")
        }
        try Self.clear(kept.keys.sorted(), of: host, settings)
        // A broker that does not let us publish need not say so.
        let left = try Self.kept(of: host, settings)
        try Self.report(host, cleared: kept.keys.filter { left[$0] == nil }.sorted(), left: left.keys.sorted())
            .finish(format.format)
    }

    /// What the broker keeps, by topic.
    private static func kept(of host: HostIdentity, _ settings: BrokerSettings) throws(Failure) -> [String: [UInt8]] {
        let session = try BrokerSession(
            settings, hearing: [MQTTSubscription("\(settings.root)/\(host)/+", qos: .atMostOnce)])
        defer { session.leave() }
        var kept: [String: [UInt8]] = [:]
        _ = try session.collectRetained { message in
            if message.isRetained { kept[message.topic] = message.payload }
            return message.isRetained
        }
        return kept
    }

    private static func clear(
        _ topics: [String], of host: HostIdentity, _ settings: BrokerSettings
    ) throws(Failure) {
        let session = try BrokerSession(settings, hearing: [])
        defer { session.leave() }
        for topic in topics { session.publish(OutgoingMessage(topic: topic, payload: [], retain: true)) }
        var left = topics.count
        while left > 0, case let events = try session.next(), !events.isEmpty {
            for case .published(_, let outcome) in events {
                left -= 1
                if case .acknowledged(let reason) = outcome, reason.isFailure {
                    throw Failure(.refused, "the broker does not let us clear the topics of \(host): \(reason)")
                }
            }
        }
        if left > 0 { throw Failure(.noBroker, "the broker did not answer within \(settings.timeout.text)") }
    }

    private static func report(_ host: HostIdentity, cleared: [String], left: [String]) -> Report {
        let rows = left.map { [$0, "kept"] } + cleared.map { [$0, "cleared"] }
        return Report(
            command: "forget",
            table: Table(columns: ["TOPIC", "STATE"], rows: rows),
            summary: "\(host): \(NameList.count(cleared.count, "topic")) cleared"
                + (left.isEmpty ? "" : ", \(left.count) still there\(NameList.inBrackets(left))"),
            members: [
                "host": .string(host.description), "cleared": .array(cleared.map(JSONValue.string)),
                "kept": .array(left.map(JSONValue.string)),
            ],
            lines: rows.map { ["topic": .string($0[0]), "state": .string($0[1])] },
            status: left.isEmpty ? .allWell : .refused
        )
    }
}
