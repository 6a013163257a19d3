import ArgumentParser
import CommandCatalog
import JSON
import RemoteExecutor

/// `recoverctl state`: the state directory of this host's agent.
struct State: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Looks at the state directory, without an agent.", subcommands: [Check.self])

    func run() throws { throw ValidationError("expected a subcommand: check") }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Reads the journal and says whether it is whole; changes nothing.")

        @Option(help: "The state directory.")
        var state = AgentFlags.usualState
        @OptionGroup var format: FormatFlags

        func run() throws {
            try StateReport(directory: state).report(of: state).finish(format.format)
        }
    }
}

extension StateReport {
    /// What is printed about a directory.
    func report(of directory: String) -> Report {
        let unfinished = tasks.prefix(2).reduce(0) { $0 + $1.count }
        // Of what was not read there is nothing to tell.
        let found =
            version == nil
            ? []
            : [["version", "\(version.map(String.init) ?? "-") (this release knows \(supportedVersion))"]]
                + tasks.map { [$0.stage, "\($0.count)"] } + [
                    ["oldest unfinished", oldestUnfinished?.description ?? "-"], ["stored bytes", "\(answerBytes)"],
                    ["latest clock", highWater?.description ?? "-"],
                ]
        let rows = problems.map { ["problem", $0] } + [["directory", directory]] + found
        return Report(
            command: "state check", table: Table(rows: rows),
            summary: "\(verdict): \(NameList.count(tasks.reduce(0) { $0 + $1.count }, "task")), "
                + "\(unfinished) unfinished, \(NameList.count(problems.count, "problem"))",
            members: json(directory), lines: [json(directory)],
            status: status
        )
    }

    private var status: ProgramStatus {
        switch verdict {
        case .sound: .allWell
        case .damaged: .targetFailed
        case .refused: .configuration
        }
    }

    private func json(_ directory: String) -> JSONObject {
        var object: JSONObject = ["state": .string("\(verdict)"), "directory": .string(directory)]
        object["version"] = version.map(JSONValue.integer)
        object["supported_version"] = .integer(supportedVersion)
        object["problems"] = .array(problems.map(JSONValue.string))
        object["tasks"] = .object(JSONObject(tasks.map { ($0.stage, .integer(Int64($0.count))) }))
        object["oldest_unfinished"] = oldestUnfinished.map { .string($0.description) }
        object["stored_bytes"] = .integer(Int64(answerBytes))
        object["latest_clock"] = highWater.map { .string($0.description) }
        return object
    }
}
