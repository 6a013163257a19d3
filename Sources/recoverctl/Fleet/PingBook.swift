import CommandCatalog
import JSON

/// Who was asked, and who answered.
struct PingBook {
    /// What became of one question.
    enum State: Equatable, Sendable {
        case waiting
        /// It came back after so long.
        case answered(Duration)
        /// The agent answered, but not with success.
        case failed(ResultCode, String)
        /// The broker says that nobody listens there.
        case noSubscriber
        /// The broker does not let us ask.
        case denied(String)
    }

    private(set) var states: [HostIdentity: State] = [:]
    /// Those in whose name somebody else has answered.
    private var impersonated: Set<HostIdentity> = []

    /// Asks these.
    init(_ hosts: [HostIdentity]) {
        for host in hosts { states[host] = .waiting }
    }

    /// Whether there is nobody left to wait for.
    var isComplete: Bool { states.values.allSatisfy { $0 != .waiting } }

    /// Takes note; the first that is known of a host counts.
    mutating func note(_ state: State, of host: HostIdentity) {
        if states[host] == .waiting { states[host] = state }
    }

    /// Takes note of an answer that the host has not signed, and that is not believed.
    mutating func noteOthers(answeringFor host: HostIdentity) { impersonated.insert(host) }

    /// What is printed.
    var report: Report {
        let items = states.map { Item(host: $0.key, state: $0.value, isImpersonated: impersonated.contains($0.key)) }
            .sorted { ($0.rank, $0.host.description) < ($1.rank, $1.host.description) }
        return Report(
            command: "ping",
            table: Table(columns: ["HOST", "STATE", "TIME", "WHY"], rows: items.map(\.row)),
            summary: summary(items),
            members: ["hosts": .array(items.map { .object($0.json) }), "counts": .object(counts(items))],
            lines: items.map(\.json),
            status: status(items)
        )
    }

    private func status(_ items: [Item]) -> ProgramStatus {
        let words = Set(items.map(\.word))
        if words.contains("silent") { return .noAnswer }
        if words.contains("denied") { return .refused }
        if words.contains("failed") { return .targetFailed }
        return items.isEmpty ? .noTarget : .allWell
    }

    private func counts(_ items: [Item]) -> JSONObject {
        var counts: JSONObject = ["hosts": .integer(Int64(items.count))]
        for word in ["answered", "silent", "denied", "failed"] {
            counts[word] = .integer(Int64(items.filter { $0.word == word }.count))
        }
        return counts
    }

    private func summary(_ items: [Item]) -> String {
        let answered = items.filter { $0.word == "answered" }.count
        let parts = ["failed", "denied", "silent"].compactMap { word -> String? in
            let names = items.filter { $0.word == word }.map(\.host.description)
            return names.isEmpty ? nil : "\(names.count) \(word)\(NameList.inBrackets(names))"
        }
        return "\(NameList.count(items.count, "host")): " + (["\(answered) answered"] + parts).joined(separator: ", ")
    }

    private struct Item {
        let host: HostIdentity
        let state: State
        let isImpersonated: Bool

        /// The stable word.
        var word: String {
            switch state {
            case .waiting, .noSubscriber: "silent"
            case .answered: "answered"
            case .failed: "failed"
            case .denied: "denied"
            }
        }

        var rank: Int {
            switch state {
            case .waiting: 0
            case .noSubscriber: 1
            case .denied: 2
            case .failed: 3
            case .answered: 4
            }
        }

        private var why: String {
            let ignored = isImpersonated ? "an answer that \(host) has not signed was ignored" : ""
            return [cause, ignored].filter { !$0.isEmpty }.joined(separator: "; ")
        }

        private var cause: String {
            switch state {
            case .waiting: "no answer in time"
            case .noSubscriber: "no agent is subscribed"
            case .answered: ""
            case .failed(let code, let message): "\(code): \(message)"
            case .denied(let reason): reason
            }
        }

        private var time: Duration? {
            if case .answered(let time) = state { time } else { nil }
        }

        var row: [String] { [host.description, word, time.map { "\($0.milliseconds) ms" } ?? "-", why] }

        var json: JSONObject {
            var object: JSONObject = ["host": .string(host.description), "state": .string(word)]
            object["time_ms"] = time.map { .integer($0.milliseconds) }
            object["why"] = why.isEmpty ? nil : .string(why)
            return object
        }
    }
}
