import CommandCatalog
import ConfigurationReader
import Escaping
import JSON
import Signatures

/// The keys that a host trusts, for a person: what is wrong first.
struct KeySheet {
    private let items: [(key: TrustedKey, state: KeyState)]
    private let mistakes: [ConfigurationProblem]

    /// The sheet of a directory that was read.
    init(_ directory: KeyDirectory, at now: Timestamp) {
        items = directory.ring.keys.values.map { ($0, KeyState($0, at: now)) }
            .sorted { ($0.state.rank, $0.key.id) < ($1.state.rank, $1.key.id) }
        mistakes = directory.mistakes
    }

    /// What is printed.
    var report: Report {
        let wrong = mistakes.map { problem in
            [problem.file.split(separator: "/").last.map(String.init) ?? problem.file, "mistake", "-", "-", "-"].map {
                ForeignText.escaped($0)
            } + [ForeignText.escaped(problem.description)]
        }
        return Report(
            command: "key list",
            table: Table(
                columns: ["NAME", "STATE", "ROLES", "NOT BEFORE", "NOT AFTER", "WHY"],
                rows: wrong + items.map { Self.row($0.key, $0.state) }),
            summary: summary,
            members: [
                "keys": .array(items.map { .object(Self.json($0.key, $0.state)) }),
                "mistakes": .array(mistakes.map { .string($0.description) }), "counts": .object(counts),
            ],
            lines: mistakes.map { ["mistake": .string($0.description)] } + items.map { Self.json($0.key, $0.state) },
            status: status
        )
    }

    /// A mistake is one of configuration; that nobody may sign any more, or soon, is a problem.
    private var status: ProgramStatus {
        if !mistakes.isEmpty { return .configuration }
        if items.isEmpty { return .allWell }
        let isUrgent = items.contains { if case .ending = $0.state { true } else { false } }
        return isUrgent || usable == 0 ? .targetFailed : .allWell
    }

    private var usable: Int { items.filter(\.state.isUsable).count }

    private var counts: JSONObject {
        [
            "keys": .integer(Int64(items.count)), "usable": .integer(Int64(usable)),
            "mistakes": .integer(Int64(mistakes.count)),
        ]
    }

    private var summary: String {
        let ending = items.compactMap { item in
            if case .ending = item.state { item.key.id.description } else { nil as String? }
        }
        let parts = [
            "\(NameList.count(items.count, "key")): \(usable) usable",
            ending.isEmpty ? nil : "\(ending.count) of them ending soon\(NameList.inBrackets(ending))",
            mistakes.isEmpty ? nil : NameList.count(mistakes.count, "mistake"),
            items.isEmpty && mistakes.isEmpty ? "tasks need no signature" : nil,
        ]
        return parts.compactMap { $0 }.joined(separator: ", ")
    }

    private static func row(_ key: TrustedKey, _ state: KeyState) -> [String] {
        let roles = key.roles.joined(separator: ", ")
        return [
            key.id.description, state.text, roles.isEmpty ? "-" : roles, key.notBefore?.description ?? "-",
            key.notAfter?.description ?? "-", "",
        ]
    }

    /// One key.
    static func json(_ key: TrustedKey, _ state: KeyState) -> JSONObject {
        var object: JSONObject = ["name": .string(key.id.description), "state": .string(state.word)]
        if case .ending(let days) = state { object["days_left"] = .integer(Int64(days)) }
        object["roles"] = .array(key.roles.map(JSONValue.string))
        object["not_before"] = key.notBefore.map { .string($0.description) }
        object["not_after"] = key.notAfter.map { .string($0.description) }
        object["key"] = .string(key.key.description)
        return object
    }
}
