internal import CommandCatalog
internal import Files
internal import Glibc
internal import JSON
internal import Logging
internal import PluginKit
internal import Synchronization

/// Tasks that replace a configuration: what is run for them is said by the plugin that does it.
extension TaskDesk {
    /// What a task runs; with it, for another configuration, what that is read from.
    ///
    /// - Throws: The catalog does not have it, or nobody here replaces configurations.
    func work(of message: TaskMessage) throws(CatalogError) -> (Command, ReplacementPreparation?) {
        let catalog = state.withLock { $0.catalog }
        if let request = message.replacement {
            guard let replacer = context.agent.configurationReplacer else { throw .noReplacer }
            let preparation = try replacer.preparation(
                of: request, identity: message.digest, by: message.auth?.keyID.description ?? message.from,
                reason: message.reason, in: catalog)
            return (preparation.command, preparation)
        }
        guard let request = message.request else { throw .noReplacer }
        return (try catalog.command(for: request), nil)
    }

    /// Writes what commands read that are about to be started; who finds nothing says so.
    func prepare(_ tasks: [AcceptedTask]) {
        for preparation in tasks.compactMap(\.preparation) {
            do throws(FileFailure) {
                try WholeFile.replace(preparation.file, preparation.content, isDurable: false)
            } catch {
                context.logger.error(
                    "what a replacement reads cannot be written", metadata: ["error": "\(error)"])
                unlink(preparation.file)
            }
        }
    }

    /// Has a task of this agent's own done: nobody is answered, and nobody must vouch for it.
    func run(_ message: TaskMessage) {
        let now = context.clock.now
        do throws(CatalogError) {
            let (command, preparation) = try work(of: message)
            let task = AcceptedTask(
                message: message, payload: message.json.bytes, digest: message.digest, command: command,
                preparation: preparation, origins: [], accepted: now, keeping: .memory)
            state.withLock { _ = $0.table.accept(task) }
            wake()
        } catch {
            context.logger.error(
                "a task of this agent's own cannot be run",
                metadata: metadata(of: message, nil).merging(["error": "\(error.message)"]) { $1 })
        }
    }
}

extension Command {
    /// Stands for what the catalog does not have any more.
    static func forgotten(_ message: TaskMessage) -> Command? {
        if let request = message.request { return .forgotten(request) }
        return message.replacement.map(Command.forgotten)
    }
}
