internal import CommandCatalog
internal import JSON
internal import PluginKit
internal import Policy
internal import Synchronization

/// What a task is about: with `cancel` and `fetch` that is another task, which has to be found.
extension TaskDesk {
    /// What a task is about, for the policy.
    enum Search {
        /// This; with `cancel` and `fetch` the command of the task that they name, if that is known.
        case found(Gate.Subject, named: TaskTable.Number?)
        /// The sender names too many tasks that are not his.
        case notSought(TaskOutcome)
    }

    /// What a task is about; the task that a `cancel` or `fetch` names is looked for here and nowhere else.
    func subject(of message: TaskMessage, from sender: Sender) -> Search {
        guard let id = message.namedTask else {
            return .found(Gate.Subject(service: message.service, command: message.command), named: nil)
        }
        let uptime = context.clock.uptime
        let (open, objection) = state.withLock { state in
            let open = state.table.number(of: id, for: sender).flatMap { number in
                state.table[number].map { (number, $0.command) }
            }
            return (open, state.brakes.objection(toSearchBy: sender, at: uptime))
        }
        if let (number, command) = open {
            return .found(Gate.Subject(service: command.service, command: command.name), named: number)
        }
        if let objection { return .notSought(objection) }
        guard let (entry, message) = latest(id, of: sender) else { return .found(Gate.Subject(), named: nil) }
        return .found(Gate.Subject(service: message.service, command: message.command), named: entry.number)
    }

    /// The newest task of this id that the journal knows; of several the sender's own.
    ///
    /// One whose message gave way to newer ones is not known: nobody could say what the policy is to be asked about.
    private func latest(_ id: TaskID, of sender: Sender) -> (Journal.Entry, TaskMessage)? {
        let found = ((try? journal.entries(taskID: id.json.text)) ?? []).sorted { $0.number > $1.number }
            .compactMap { entry in (try? TaskMessage(entry.payload)).map { (entry, $0) } }
        return found.first { $1.auth?.keyID == sender.key } ?? found.first
    }
}
