import AgentControl
import CommandCatalog
import Glibc
import JSON

/// The agent itself as the service: it is told by its control socket to read its files again.
struct AgentItself: ServiceControl {
    let name: Name
    let definition: ConfigurationDefinition
    let tools: ServiceTools
    let client: ControlClient
    private var hasTaken: Bool
    /// What the agent said of its reading before it was told to read again; `nil`: it was not there.
    private var before: Reading?
    private var isGoingBack = false

    /// What an agent says of the reading of its files.
    private struct Reading {
        /// Which agent it is: another one begins to count anew, with the files that it finds.
        var agent: String
        /// How often it has read them.
        var count: Int64
        /// Why it does not use what it read last.
        var error: String?
    }

    init(
        _ name: Name, _ definition: ConfigurationDefinition, _ tools: ServiceTools, stateDirectory: String,
        hasTaken: Bool
    ) {
        (self.name, self.definition, self.tools, self.hasTaken) = (name, definition, tools, hasTaken)
        client = ControlClient(directory: stateDirectory)
    }

    mutating func stop() {}
    mutating func awaitEnd() {}

    /// One that is away reads its files when it comes back.
    mutating func take() {
        hasTaken = true
        before = try? ask("reload")
    }

    mutating func awaitRun() throws(ServiceFailure) {
        if isGoingBack, before == nil { return }
        var (first, last): (Reading?, String?) = (before, nil)
        let isRunning = tools.wait(within: definition.startTime) {
            guard let before = first else {
                first = try? ask("reload")
                return false
            }
            guard let now = try? ask("configuration") else { return false }
            last = now.error
            return now.error == nil && (now.agent != before.agent || now.count > before.count)
        }
        guard !isRunning else { return }
        let seconds = definition.startTime.milliseconds / 1000
        throw ServiceFailure(
            last.map { "The agent does not take the new configuration: \($0)" }
                ?? "The agent did not read its configuration within \(seconds) s.")
    }

    /// The files are the old ones again, so where no agent is to be asked there is nothing to do.
    mutating func retake() {
        isGoingBack = true
        if hasTaken { take() }
    }

    private func ask(_ command: String) throws(ServiceFailure) -> Reading {
        let reply: AgentReply
        do throws(ControlFailure) {
            reply = try client.ask(AgentTask(command))
        } catch {
            throw ServiceFailure("The agent cannot be asked about its configuration: \(error)")
        }
        guard let object = reply.object, let agent = object["agent"]?.string, let count = object["reads"]?.integer
        else { throw ServiceFailure("The agent does not tell of its configuration: \(reply.message)") }
        return Reading(agent: agent, count: count, error: object["error"]?.string)
    }
}

/// Whether the agent reaches a broker.
struct BrokerContact {
    let client: ControlClient
    let tools: ServiceTools

    /// What the agent says of its connections.
    struct Connections: Equatable {
        /// Which agent it is: another one begins to count anew.
        var agent: String
        /// How often a broker has accepted it.
        var count: Int64
        /// Whether one has it now.
        var isConnected: Bool
    }

    init(stateDirectory: String, tools: ServiceTools) {
        client = ControlClient(directory: stateDirectory)
        self.tools = tools
    }

    /// Whether a broker has the agent now.
    var isThere: Bool { look()?.isConnected ?? false }

    /// Has the agent connect anew, and waits until a broker has accepted it: a connection that was there before tells
    /// nothing about the new configuration.
    func isReached(within time: Duration) -> Bool {
        var before: Connections?
        return tools.wait(within: time, every: .milliseconds(250)) {
            guard let first = before else {
                before = ask("reconnect")
                return false
            }
            guard let now = look() else { return false }
            guard now.agent == first.agent else { return now.isConnected }
            return now.count > first.count && now.isConnected
        }
    }

    private func look() -> Connections? { ask("connections") }

    private func ask(_ command: String) -> Connections? {
        guard let object = (try? client.ask(AgentTask(command)))?.object, let agent = object["agent"]?.string,
            let count = object["count"]?.integer, let isConnected = object["connected"]?.bool
        else { return nil }
        return Connections(agent: agent, count: count, isConnected: isConnected)
    }
}
