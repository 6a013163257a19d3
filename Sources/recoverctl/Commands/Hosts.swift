import ArgumentParser
import CommandCatalog
import ConfigurationReader
import MQTT

/// `recoverctl hosts`: all hosts of which the broker keeps a status.
struct Hosts: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the hosts that the broker knows: online or dead, version, last status.")

    @Flag(help: "Leave out those that are online.")
    var dead = false
    @Option(help: "A file with the names of the hosts that must be there, one a line; the others are named as missing.")
    var expect: String?
    @OptionGroup var format: FormatFlags
    @OptionGroup var broker: BrokerFlags

    func run() throws {
        let settings = try broker.settings()
        let expected = try expect.map { try ExpectedHosts.read(Self.text(of: $0), file: $0) }
        let all = Fleet.subscriptions(root: settings.root)
        let session = try BrokerSession(settings, hearing: all)
        var fleet = Fleet(root: settings.root)
        var isComplete = try session.collectRetained { fleet.take($0) }
        let missing = Set(expected ?? []).filter { fleet.hosts[$0] == nil }
        if isComplete, !missing.isEmpty {
            try session.hear(Fleet.subscriptions(root: settings.root, hosts: Array(missing)), beside: all)
            isComplete = try session.collectRetained { fleet.take($0) }
        }
        session.leave()
        if !isComplete { Output.complain("warning: there may be more hosts; give more time with --timeout") }
        try HostList(fleet, expected: expected, onlyDead: dead).report.finish(format.format)
    }

    private static func text(of path: String) throws(Failure) -> String {
        do throws(ConfigurationProblem) {
            return String(decoding: try TrustedFile(path).bytes, as: UTF8.self)
        } catch {
            throw Failure(.configuration, "\(error)")
        }
    }
}

extension Report {
    /// Prints it, and ends the program unless all is well.
    func finish(_ format: Format) throws {
        Output.print(self, as: format)
        if status != .allWell { throw ExitCode(status.rawValue) }
    }
}
