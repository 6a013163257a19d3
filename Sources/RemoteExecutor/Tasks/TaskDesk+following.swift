internal import CommandCatalog
internal import PluginKit
internal import Synchronization

/// How far the output of a running command was told to those who follow it.
struct FollowedOutput {
    var offsets: [OutputStream: Int] = [:]
}

/// Output as it comes, for those who asked for it; from the files that the supervisors write.
extension TaskDesk {
    /// So much of a stream in one event; what a terminal shows at once.
    private static let mostInEvent = 16 * 1024
    /// So many events of a stream in one turn; the others wait for the next.
    private static let eventsPerTurn = 16

    /// Tells what came since the last look.
    func follow() {
        let tasks = state.withLock { state in state.table.runningTasks.filter(\.task.message.reply.follow) }
        for (number, task) in tasks {
            if let run = task.run { tellOutput(number, task, run, isLast: false) }
        }
    }

    /// Tells what is left when the command ended.
    func followToEnd(_ number: TaskTable.Number, _ task: AcceptedTask, _ run: RunID) {
        tellOutput(number, task, run, isLast: true)
        state.withLock { $0.followed[number] = nil }
    }

    private func tellOutput(_ number: TaskTable.Number, _ task: AcceptedTask, _ run: RunID, isLast: Bool) {
        var followed = state.withLock { $0.followed[number] } ?? FollowedOutput()
        for stream in OutputStream.allCases {
            let file = runs.file(run).spool(stream)
            for _ in 0..<(isLast ? Int.max : Self.eventsPerTurn) {
                let offset = followed.offsets[stream, default: 0]
                var bytes = RunFile.bytes(of: file, at: offset, count: Self.mostInEvent)
                if bytes.count == Self.mostInEvent || !isLast {
                    bytes.removeLast(RunOutput.incompleteSuffix(of: bytes))
                }
                if bytes.isEmpty { break }
                followed.offsets[stream] = offset + bytes.count
                let chunk = TaskEvent.Chunk(
                    stream: stream, offset: Int64(offset), bytes: Int64(bytes.count),
                    text: String(decoding: bytes, as: UTF8.self))
                publish(
                    .output(chunk), of: task.message.taskID, sequence: nextSequence(task), to: task.origins)
            }
        }
        state.withLock { $0.followed[number] = followed }
    }
}
