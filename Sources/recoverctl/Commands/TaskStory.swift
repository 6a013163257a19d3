import ArgumentParser
import CommandCatalog
import JSON
import ProgramOptions

/// `recoverctl task`: all that an agent knows of a task.
struct TaskStory: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task", abstract: "Shows the whole story of a task: when, who, why, how it ended, what it printed."
    )

    @Argument(help: "Its id; a text of digits in quotes, as JSON has it.")
    var id: String
    @OptionGroup var format: FormatFlags
    @OptionGroup var agent: AgentFlags

    func run() throws {
        let id = try Self.id(id)
        try StorySheet(agent.door().ask("task", ["task_id": id.json]).object()).report.finish(format.format)
    }

    /// Reads an id.
    static func id(_ text: String) throws(Failure) -> TaskID {
        guard let id = TaskID(typed: text) else {
            throw Failure(.usage, "expected a task's id of 1 to 128 bytes, found \(text.debugDescription)")
        }
        return id
    }
}

/// The story of the tasks with one id, for a person.
struct StorySheet {
    private let answer: JSONObject
    private let tasks: [JSONObject]

    init(_ answer: JSONObject) {
        self.answer = answer
        tasks = (answer["tasks"]?.array ?? []).compactMap(\.object)
    }

    /// What is printed.
    var report: Report {
        let states = tasks.map { task in
            "\(Self.text(task["state"] ?? task["stage"]))" + (task["code"].map { " with \($0.text)" } ?? "")
        }
        return Report(
            command: "task", table: Table(rows: tasks.flatMap(Self.rows)),
            summary: "\(NameList.count(tasks.count, "task")): " + states.joined(separator: ", "),
            members: answer, lines: tasks
        )
    }

    /// The members in the order of a task's life; what a release after this one adds comes behind them.
    private static func rows(_ task: JSONObject) -> [[String]] {
        let known = [
            "task_id", "service", "command", "from", "reason", "topic", "broker", "accepted", "started", "finished",
            "stage", "state", "code",
        ]
        let others = task.members.map(\.name).filter { !known.contains($0) && $0 != "message" }
        let plain = (known + others).compactMap { name in task[name].map { [name, text($0)] } }
        let printed = (task["message"]?.string ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        let lines = printed.last?.isEmpty == true ? printed.dropLast() : printed
        return plain + lines.enumerated().map { [$0.offset == 0 ? "output" : "", String($0.element)] }
    }

    private static func text(_ json: JSONValue?) -> String { json.map { $0.string ?? $0.text } ?? "-" }
}
