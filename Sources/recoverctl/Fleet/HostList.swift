import CommandCatalog
import ConfigurationReader
import JSON

/// How the hosts of a fleet are, the bad ones first.
struct HostList {
    /// How a host is; in the order in which they are shown.
    enum State: String, CaseIterable {
        /// It was expected, and the broker keeps nothing of it.
        case missing
        /// Its connection to the broker ended.
        case dead
        /// It has a status, and does not say whether it is online.
        case unknown
        case online
    }

    /// One host.
    struct Item {
        let host: HostIdentity
        let state: State
        let status: JSONObject
    }

    private let all: [Item]
    private let shown: [Item]

    /// Compares what is there with what is expected.
    ///
    /// - Parameters:
    ///   - fleet: What the broker keeps.
    ///   - expected: Hosts that must be there; `nil`: nobody knows.
    ///   - onlyDead: Whether those that are online are left out, though counted.
    init(_ fleet: Fleet, expected: [HostIdentity]? = nil, onlyDead: Bool = false) {
        let known = fleet.hosts.map { host, record in
            let state: State =
                switch record.isOnline {
                case true?: .online
                case false?: .dead
                case nil: .unknown
                }
            return Item(host: host, state: state, status: record.status ?? [:])
        }
        let missing = Set(expected ?? []).filter { fleet.hosts[$0] == nil }
            .map { Item(host: $0, state: .missing, status: [:]) }
        all = State.allCases.flatMap { state in
            (known + missing).filter { $0.state == state }.sorted { $0.host.description < $1.host.description }
        }
        shown = onlyDead ? all.filter { $0.state != .online } : all
    }

    /// What is printed.
    var report: Report {
        Report(
            command: "hosts",
            table: Table(
                columns: ["HOST", "STATE", "VERSION", "SINCE", "LAST SEEN", "RUNNING", "QUEUED", "CATALOG"],
                rows: shown.map(\.row)),
            summary: summary,
            members: ["hosts": .array(shown.map { .object($0.json) }), "counts": .object(counts)],
            lines: shown.map(\.json),
            status: all.isEmpty ? .noTarget : all.allSatisfy { $0.state == .online } ? .allWell : .targetFailed
        )
    }

    private func hosts(_ state: State) -> [String] {
        all.filter { $0.state == state }.map(\.host.description)
    }

    private var counts: JSONObject {
        var counts: JSONObject = ["hosts": .integer(Int64(all.count))]
        for state in State.allCases { counts[state.rawValue] = .integer(Int64(hosts(state).count)) }
        return counts
    }

    private var summary: String {
        let parts = State.allCases.reversed().compactMap { state -> String? in
            let names = hosts(state)
            if names.isEmpty && state != .online { return nil }
            return "\(names.count) \(state.rawValue)" + (state == .online ? "" : NameList.inBrackets(names))
        }
        return "\(NameList.count(all.count, "host")): " + parts.joined(separator: ", ")
    }
}

extension HostList.Item {
    fileprivate var row: [String] {
        [
            host.description, state.rawValue, text("version"), text("since"), text("time"), number("running"),
            number("queued"), String(digest.prefix(12)),
        ].map { $0.isEmpty ? "-" : $0 }
    }

    fileprivate var json: JSONObject {
        var object: JSONObject = ["host": .string(host.description), "state": .string(state.rawValue)]
        object["version"] = status["version"]
        object["since"] = status["since"]
        object["last_seen"] = status["time"]
        object["running"] = status["running"]
        object["queued"] = status["queued"]
        object["catalog"] = digest.isEmpty ? nil : .string(digest)
        return object
    }

    private var digest: String { status["catalog"]?.object?["sha256"]?.string ?? "" }

    private func text(_ name: String) -> String { status[name]?.string ?? "" }

    private func number(_ name: String) -> String { status[name]?.integer.map(String.init) ?? "" }
}

/// A file that names the hosts that must be there.
enum ExpectedHosts {
    /// Reads a file, which nobody but its owner may have written.
    static func read(file path: String) throws(Failure) -> [HostIdentity] {
        let bytes: [UInt8]
        do throws(ConfigurationProblem) {
            bytes = try TrustedFile(path).bytes
        } catch {
            throw Failure(error)
        }
        return try read(String(decoding: bytes, as: UTF8.self), file: path)
    }

    /// Reads a text: a name a line; empty lines and what stands behind `#` do not count.
    static func read(_ text: String, file: String) throws(Failure) -> [HostIdentity] {
        var hosts: [HostIdentity] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let text = line.prefix { $0 != "#" }.drop(while: \.isWhitespace)
            let name = String(text.reversed().drop(while: \.isWhitespace).reversed())
            if name.isEmpty { continue }
            guard let host = HostIdentity(name) else {
                throw Failure(
                    .configuration, "\(file):\(index + 1): expected the name of a host, found \(name.debugDescription)")
            }
            hosts.append(host)
        }
        return hosts
    }
}
