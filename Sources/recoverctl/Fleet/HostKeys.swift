import CommandCatalog
import JSON
import Signatures

/// What became of the keys of hosts, the alarms first.
struct HostKeys {
    /// What became of one; in the order in which they are shown.
    enum State: Equatable {
        /// Another key is known, and stays.
        case changed(from: VerificationKey)
        /// The broker keeps no status of the host.
        case missing
        /// The status has no key.
        case noKey
        /// The status has something else in its place.
        case unreadable
        /// There are too many hosts to note another.
        case full
        /// It took the place of another one.
        case replaced(from: VerificationKey)
        /// It is known from now on.
        case pinned
        /// It was known already.
        case known
    }

    /// A host, its key, and what became of it.
    struct Item: Equatable {
        let host: HostIdentity
        let state: State
        var key: VerificationKey?
    }

    /// The hosts that were asked for.
    let items: [Item]
    private let file: String

    /// Notes the keys of hosts.
    ///
    /// - Parameters:
    ///   - expected: The hosts; nobody else is noted.
    ///   - fleet: What the broker keeps.
    ///   - replaced: Those whose key may be another one.
    ///   - known: What is known already.
    ///   - file: Where that stands.
    init(
        _ expected: [HostIdentity], _ fleet: Fleet, replacing replaced: Set<HostIdentity>, in known: inout KnownHosts,
        file: String
    ) {
        self.file = file
        var items: [Item] = []
        for host in Set(expected) {
            items.append(Self.note(host, fleet.hosts[host]?.status, replaced.contains(host), in: &known))
        }
        self.items = items.sorted { ($0.rank, $0.host.description) < ($1.rank, $1.host.description) }
    }

    private static func note(
        _ host: HostIdentity, _ status: JSONObject?, _ mayReplace: Bool, in known: inout KnownHosts
    ) -> Item {
        guard let status else { return Item(host: host, state: .missing) }
        guard let text = status["key"] else { return Item(host: host, state: .noKey) }
        guard let key = text.string.flatMap({ VerificationKey($0) }) else {
            return Item(host: host, state: .unreadable)
        }
        switch known.see(key, of: host) {
        case .known: return Item(host: host, state: .known, key: key)
        case .pinned: return Item(host: host, state: .pinned, key: key)
        case .full: return Item(host: host, state: .full, key: key)
        case .changed(let old) where mayReplace:
            known.replace(host, with: key)
            return Item(host: host, state: .replaced(from: old), key: key)
        case .changed(let old): return Item(host: host, state: .changed(from: old), key: key)
        }
    }

    /// What is printed.
    var report: Report {
        Report(
            command: "hosts trust",
            table: Table(columns: ["HOST", "STATE", "KEY", "WHY"], rows: items.map(\.row)), summary: summary,
            members: [
                "file": .string(file), "hosts": .array(items.map { .object($0.json) }), "counts": .object(counts),
            ],
            lines: items.map(\.json),
            status: items.isEmpty ? .noTarget : items.allSatisfy(\.isWell) ? .allWell : .targetFailed
        )
    }

    private static let words = ["known", "pinned", "replaced", "changed", "missing", "no-key", "unreadable", "full"]

    private func hosts(_ word: String) -> [String] { items.filter { $0.word == word }.map(\.host.description) }

    private var counts: JSONObject {
        var counts: JSONObject = ["hosts": .integer(Int64(items.count))]
        for word in Self.words { counts[word] = .integer(Int64(hosts(word).count)) }
        return counts
    }

    private var summary: String {
        let parts = Self.words.compactMap { word -> String? in
            let names = hosts(word)
            if names.isEmpty { return word == "known" ? "0 known" : nil }
            return "\(names.count) \(word)" + (word == "known" || word == "pinned" ? "" : NameList.inBrackets(names))
        }
        return "\(NameList.count(items.count, "host")): " + parts.joined(separator: ", ")
    }
}

extension HostKeys.Item {
    /// The stable word.
    fileprivate var word: String {
        switch state {
        case .changed: "changed"
        case .missing: "missing"
        case .noKey: "no-key"
        case .unreadable: "unreadable"
        case .full: "full"
        case .replaced: "replaced"
        case .pinned: "pinned"
        case .known: "known"
        }
    }

    fileprivate var rank: Int {
        switch state {
        case .changed: 0
        case .missing: 1
        case .noKey: 2
        case .unreadable: 3
        case .full: 4
        case .replaced: 5
        case .pinned: 6
        case .known: 7
        }
    }

    /// Whether the host's results can be verified with the key that it has.
    fileprivate var isWell: Bool { rank >= 5 }

    private var why: String {
        switch state {
        case .changed(let old):
            "\(old) is known, and stays: the host was made anew, or somebody else answers in its name; if it was made anew, "
                + "--replace \(host)"
        case .missing: "the broker keeps no status of it"
        case .noKey: "its agent signs no results"
        case .unreadable: "what its status has is no key"
        case .full: "\(KnownHosts.mostHosts) hosts are known, which is the most"
        case .replaced(let old): "in place of \(old)"
        case .pinned, .known: ""
        }
    }

    fileprivate var row: [String] { [host.description, word, key?.description ?? "-", why] }

    fileprivate var json: JSONObject {
        var object: JSONObject = ["host": .string(host.description), "state": .string(word)]
        object["key"] = key.map { .string($0.description) }
        if case .changed(let old) = state { object["known_key"] = .string(old.description) }
        if case .replaced(let old) = state { object["old_key"] = .string(old.description) }
        object["why"] = why.isEmpty ? nil : .string(why)
        return object
    }
}
