import ArgumentParser
import CommandCatalog

/// Which agent is asked: that of this host by its control socket, or one behind the broker.
struct AgentFlags: ParsableArguments {
    @Option(help: "The state directory of this host's agent; default \(Self.usualState).")
    var state: String?
    @Option(help: "In place of --state: the host whose agent is asked through the broker.")
    var to: String?
    @OptionGroup var broker: BrokerFlags

    /// Where agents keep their state.
    static let usualState = "/var/lib/recoverd"

    func validate() throws {
        if state != nil && to != nil { throw ValidationError("expected one of --state and --to, found both") }
    }

    /// The way to the agent.
    func door() throws(Failure) -> AgentDoor {
        guard let to else { return .local(directory: state ?? Self.usualState) }
        let host = try HostName.read(to, of: "--to")
        return .remote(host, try broker.settings())
    }
}

/// Names of hosts, as they are typed.
enum HostName {
    /// Reads a name.
    static func read(_ text: String, of what: String) throws(Failure) -> HostIdentity {
        guard let host = HostIdentity(text) else {
            throw Failure(
                .usage,
                "\(what): expected a host's identity: letters, digits, \"_\" and \"-\", at most 128, "
                    + "found \(text.debugDescription)")
        }
        return host
    }
}
