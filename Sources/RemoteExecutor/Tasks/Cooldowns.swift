internal import CommandCatalog

/// Until when commands may not run again.
struct Cooldowns {
    private struct Key: Hashable {
        let service: Name
        let command: Name
    }

    private var ends: [Key: Timestamp] = [:]

    /// Until when the command cools down, as far as it is known here.
    func end(of command: Command) -> Timestamp? {
        ends[Key(service: command.service, command: command.name)]
    }

    /// The command cools down from now on; there are no more entries than commands in the catalog.
    mutating func begin(_ command: Command, until: Timestamp) {
        ends[Key(service: command.service, command: command.name)] = until
    }

    /// It does not, because it did not run.
    mutating func end(_ command: Command) {
        ends[Key(service: command.service, command: command.name)] = nil
    }
}
