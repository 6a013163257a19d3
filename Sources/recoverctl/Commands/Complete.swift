import ArgumentParser
import CommandCatalog
import Glibc

/// `recoverctl complete`: what the completions of the shells ask; one name a line.
struct Complete: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints names that hosts cache has kept.", shouldDisplay: false)

    /// What is asked for.
    enum Kind: String, ExpressibleByArgument {
        case hosts, services, commands
    }

    @Argument var kind: Kind
    @Argument var service: String?
    @Option var to: String?

    func run() {
        guard let file = NameCache.path(environment: { name in getenv(name).map { String(cString: $0) } }) else {
            return
        }
        let cache = NameCache(file: file)
        let host = to.flatMap(HostIdentity.init)
        let names =
            switch kind {
            case .hosts: cache.hostNames
            case .services: cache.services(of: host)
            case .commands: cache.commands(of: service ?? "", on: host)
            }
        for name in names { Output.print(plain: name) }
    }
}
