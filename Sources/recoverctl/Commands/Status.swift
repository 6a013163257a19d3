import ArgumentParser
import JSON

/// `recoverctl status`: what one agent says of itself.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows what an agent is and how it does.")

    @OptionGroup var format: FormatFlags
    @OptionGroup var agent: AgentFlags

    func run() throws {
        try StatusSheet(agent.door().ask("status").object()).report.finish(format.format)
    }
}

/// The status of an agent, for a person.
struct StatusSheet {
    private let status: JSONObject
    /// What is not as it should be.
    let problems: [String]

    init(_ status: JSONObject) {
        self.status = status
        var problems: [String] = []
        if let error = status["catalog"]?.object?["error"]?.string { problems.append("catalog: \(error)") }
        if let error = status["configuration"]?.object?["error"]?.string { problems.append("configuration: \(error)") }
        if let journal = status["journal"]?.string, journal != "ok" { problems.append("journal: \(journal)") }
        if status["runner"]?.string == "away" { problems.append("runner: away; nothing can be started") }
        if status["audit"]?.string == "failed" { problems.append("audit: cannot be written; the agent's log says why") }
        for name in ["keys", "policy", "certificate"] {
            if let error = status[name]?.object?["error"]?.string { problems.append("\(name): \(error)") }
        }
        if let clock = status["clock"]?.string, clock != "ok" {
            problems.append("clock: \(clock); it was \(status["clock_was"]?.string ?? "later") once")
        }
        for member in status["mqtt"]?.object?["brokers"]?.object?.members ?? []
        where member.value.object?["connected"]?.bool == false {
            problems.append("broker \(member.name): not connected")
        }
        for member in status["plugins"]?.object?.members ?? [] {
            guard let plugin = member.value.object, let state = plugin["state"]?.string, state != "running" else {
                continue
            }
            problems.append("plugin \(member.name): \(state) \(plugin["error"]?.string ?? "")")
        }
        self.problems = problems
    }

    /// What is printed.
    var report: Report {
        let plain = ["host", "version", "since", "time", "boot_id", "clock", "journal", "running", "queued"].map {
            name in
            [name, status[name].map { $0.string ?? $0.text } ?? "-"]
        }
        let digest = status["catalog"]?.object?["sha256"]?.string
        let aliases = (status["aliases"]?.array ?? []).compactMap(\.string).joined(separator: ", ")
        return Report(
            command: "status",
            table: Table(
                rows: problems.map { ["problem", $0] } + plain + [
                    ["catalog", digest.map { String($0.prefix(12)) } ?? "-"],
                    ["aliases", aliases.isEmpty ? "-" : aliases],
                    ["brokers", brokers],
                ]),
            summary: "\(NameList.count(status["plugins"]?.object?.members.count ?? 0, "plugin")), "
                + NameList.count(problems.count, "problem"),
            members: ["status": .object(status), "problems": .array(problems.map(JSONValue.string))],
            lines: [["status": .object(status), "problems": .array(problems.map(JSONValue.string))]],
            status: problems.isEmpty ? .allWell : .targetFailed
        )
    }

    private var brokers: String {
        let each = status["mqtt"]?.object?["brokers"]?.object?.members ?? []
        return each.isEmpty
            ? "-"
            : each.map { "\($0.name) \($0.value.object?["connected"]?.bool == true ? "connected" : "not connected")" }
                .joined(separator: ", ")
    }
}
