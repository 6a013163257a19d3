import ArgumentParser
import CommandCatalog
import MQTT

/// `recoverctl hosts`: the hosts of which the broker keeps a status.
struct Hosts: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the hosts that the broker knows, and keeps their keys, and names for the shell.",
        discussion: "Without a subcommand it lists them; see: recoverctl hosts list --help",
        subcommands: [HostsList.self, HostsTrust.self, HostsCache.self], defaultSubcommand: HostsList.self)
}

/// `recoverctl hosts`: all of them.
struct HostsList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the hosts that the broker knows: online or dead, version, last status.")

    @Flag(help: "Leave out those that are online.")
    var dead = false
    @Option(help: "A file with the names of the hosts that must be there, one a line; the others are named as missing.")
    var expect: String?
    @OptionGroup var format: FormatFlags
    @OptionGroup var broker: BrokerFlags

    func run() throws {
        let settings = try broker.settings()
        let expected = try expect.map { path throws(Failure) in try ExpectedHosts.read(file: path) }
        let fleet = try Fleet.read(settings, expecting: expected ?? [])
        try HostList(fleet, expected: expected, onlyDead: dead).report.finish(format.format)
    }
}

extension Fleet {
    /// Asks the broker for all that it keeps of the hosts, and by name for those that must be there and did not come.
    static func read(_ settings: BrokerSettings, expecting expected: [HostIdentity]) throws(Failure) -> Fleet {
        let all = subscriptions(root: settings.root)
        let session = try BrokerSession(settings, hearing: all)
        defer { session.leave() }
        var fleet = Fleet(root: settings.root)
        var isComplete = try session.collectRetained { fleet.take($0) }
        let missing = Set(expected).filter { fleet.hosts[$0] == nil }
        if isComplete, !missing.isEmpty {
            try session.hear(subscriptions(root: settings.root, hosts: Array(missing)), beside: all)
            isComplete = try session.collectRetained { fleet.take($0) }
        }
        if !isComplete { Output.complain("warning: there may be more hosts; give more time with --timeout") }
        return fleet
    }
}

extension Report {
    /// Prints it, and ends the program unless all is well.
    func finish(_ format: Format) throws {
        Output.print(self, as: format)
        if status != .allWell { throw ExitCode(status.rawValue) }
    }
}
