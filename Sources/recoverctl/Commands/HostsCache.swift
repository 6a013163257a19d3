import ArgumentParser
import CommandCatalog
import Glibc
import JSON
import MQTT

/// `recoverctl hosts cache`: keeps names for the completion of the shell.
struct HostsCache: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache",
        abstract: "Keeps the names of hosts, services and commands, which the completion of the shell then offers.")

    @OptionGroup var format: FormatFlags
    @OptionGroup var broker: BrokerFlags

    func run() throws {
        let settings = try broker.settings()
        guard let file = NameCache.path(environment: { name in getenv(name).map { String(cString: $0) } }) else {
            throw Failure(.usage, "there is no home directory to keep the names in; set XDG_CACHE_HOME")
        }
        var cache = NameCache()
        let session = try BrokerSession(
            settings, hearing: [MQTTSubscription("\(settings.root)/+/catalog", qos: .atMostOnce)])
        defer { session.leave() }
        let isComplete = try session.collectRetained { cache.take($0, root: settings.root) }
        if !isComplete { Output.complain("warning: there may be more hosts; give more time with --timeout") }
        try cache.write(to: file)
        let services = cache.services(of: nil)
        let commands = services.reduce(0) { $0 + cache.commands(of: $1, on: nil).count }
        try Report(
            command: "hosts cache", table: Table(),
            summary: "\(NameList.count(cache.hosts.count, "host")), \(NameList.count(services.count, "service")), "
                + NameList.count(commands, "command"),
            members: [
                "file": .string(file), "hosts": .integer(Int64(cache.hosts.count)),
                "services": .integer(Int64(services.count)), "commands": .integer(Int64(commands)),
            ],
            lines: [["file": .string(file), "hosts": .integer(Int64(cache.hosts.count))]]
        ).finish(format.format)
    }
}
