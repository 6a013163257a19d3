import CommandCatalog
import JSON

extension Report {
    /// All that the agent knows of the task, for standard error; `nil` when it was not asked for, or is not known.
    func detail(_ ending: Ending) -> String? {
        guard showsDetail, format == .person, case .answered(let answer) = ending else { return nil }
        guard let detail = answer.detail else { return "the agent tells no detail" }
        return lines(detail).joined(separator: "\n")
    }

    private func lines(_ detail: TaskResult.Detail) -> [String] {
        let reason = detail.reason.map { " (\($0.rawValue))" } ?? ""
        let status = detail.exit.map { ", exit status \($0)" } ?? ""
        let signal = detail.signal.map { ", signal \($0)" } ?? ""
        var lines = ["task \(task.taskID) on \(detail.host), boot \(detail.bootID)"]
        lines.append("state: \(detail.state.rawValue)\(reason)\(status)\(signal)")
        let times = [("accepted", detail.accepted), ("started", detail.started), ("finished", detail.finished)]
        lines += times.compactMap { name, time in time.map { "\(name): \($0.textWithMilliseconds)" } }
        lines += detail.duration.map { ["duration: \($0.components.seconds * 1000 + $0.milliseconds) ms"] } ?? []
        lines += [("stdout", detail.stdout), ("stderr", detail.stderr)].compactMap { name, output in
            output.map { "\(name): \($0.bytes) bytes, \($0.kept) kept\($0.sha256.map { ", SHA-256 \($0)" } ?? "")" }
        }
        lines += detail.by?.from.map { ["from: \($0)"] } ?? []
        lines += detail.by?.reason.map { ["reason: \($0)"] } ?? []
        lines += detail.catalog.map { ["catalog: \($0)"] } ?? []
        if detail.isReplayed { lines.append("replayed: the agent had answered this task before") }
        if !detail.isDurable { lines.append("not durable: the journal could not be written") }
        return lines
    }
}

extension Duration {
    /// Those beyond the whole seconds.
    fileprivate var milliseconds: Int64 { components.attoseconds / 1_000_000_000_000_000 }
}
