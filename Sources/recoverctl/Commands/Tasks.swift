import ArgumentParser
import Glibc
import JSON

/// `recoverctl tasks`: what an agent runs, what waits, what ended last.
struct Tasks: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the tasks that run, that wait, and that ended last.")

    @Flag(help: "Look again every two seconds, until it is interrupted.")
    var watch = false
    @OptionGroup var format: FormatFlags
    @OptionGroup var agent: AgentFlags

    /// Between two looks.
    private static let pause: CUnsignedInt = 2

    func validate() throws {
        if watch && format.json { throw ValidationError("--watch has no end, and so no document; use --jsonl") }
    }

    func run() throws {
        let door = try agent.door()
        var printed: Set<String> = []
        let first = TaskList(try door.ask("tasks").object()).report
        guard watch else { return try first.finish(format.format) }
        show(first, besides: &printed)
        while true {
            sleep(Self.pause)
            do throws(Failure) {
                show(TaskList(try door.ask("tasks").object()).report, besides: &printed)
            } catch {
                // An agent that is started anew answers again in a moment.
                guard error.status == .noAnswer || error.status == .noBroker else { throw error }
                Output.complain(error.message)
            }
        }
    }

    /// A table takes the place of the one before; of lines only those that are new are printed.
    private func show(_ report: Report, besides printed: inout Set<String>) {
        guard format.jsonl else {
            // Cursor to the top, and nothing below: see console_codes(4).
            if Output.isTerminal { Output.printControl("\u{1B}[H\u{1B}[J") }
            return Output.print(report, as: .table)
        }
        var new = report
        new.lines = report.lines.filter { !printed.contains(JSONValue.object($0).text) }
        Output.print(new, as: .jsonl)
        // What is not listed any more comes never again.
        printed = Set(report.lines.map { JSONValue.object($0).text })
    }
}

/// The tasks of an agent, for a person: what failed first.
struct TaskList {
    private let host: String
    private let failed: [JSONObject]
    private let running: [JSONObject]
    private let queued: [JSONObject]
    private let succeeded: [JSONObject]

    /// Reads what the agent told.
    init(_ answer: JSONObject) {
        func tasks(_ name: String) -> [JSONObject] { (answer[name]?.array ?? []).compactMap(\.object) }
        host = answer["host"]?.string ?? ""
        running = tasks("running")
        queued = tasks("queued")
        failed = tasks("finished").filter { $0["code"]?.integer != 0 }
        succeeded = tasks("finished").filter { $0["code"]?.integer == 0 }
    }

    /// What is printed; that tasks failed is no failure of the list.
    var report: Report {
        let all = failed + running + queued + succeeded
        let ended = failed.count + succeeded.count
        return Report(
            command: "tasks",
            table: Table(
                columns: ["TASK", "STATE", "CODE", "SERVICE", "COMMAND", "ACCEPTED", "FINISHED", "FROM", "REASON"],
                rows: all.map(Self.row)),
            summary: "\(NameList.count(all.count, "task")): \(running.count) running, \(queued.count) queued, "
                + "\(ended) ended, \(failed.count) of them failed"
                + NameList.inBrackets(failed.compactMap { $0["task_id"] }.map { $0.string ?? $0.text }),
            members: [
                "host": .string(host), "tasks": .array(all.map(JSONValue.object)),
                "counts": [
                    "running": .integer(Int64(running.count)), "queued": .integer(Int64(queued.count)),
                    "ended": .integer(Int64(ended)), "failed": .integer(Int64(failed.count)),
                ],
            ],
            lines: all
        )
    }

    private static func row(_ task: JSONObject) -> [String] {
        ["task_id", "state", "code", "service", "command", "accepted", "finished", "from", "reason"].map { name in
            task[name].map { $0.string ?? $0.text } ?? "-"
        }
    }
}
