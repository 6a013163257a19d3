public import JSON
internal import Digest

/// The services of a host and their commands; the only maker of a ``Command``.
public struct CommandCatalog: Sendable, Equatable {
    /// The services by name; `nil` when the configuration has no `Services` at all.
    let services: [Name: Service]?

    /// The name of the service that every agent has; no catalog may define it.
    public static let reservedService = "agent"

    init(services: [Name: Service]?) {
        self.services = services
    }

    /// The command that is asked for, its parameters filled in.
    ///
    /// - Parameter request: The names and the parameters.
    /// - Returns: The command.
    /// - Throws: Which name is unknown, or which parameter is refused.
    public func command(for request: CommandRequest) throws(CatalogError) -> Command {
        guard let services else { throw .noServices(command: request.command) }
        guard let service = services[request.service] else { throw .unknownService(request.service) }
        guard let definition = service.commands[request.command] else {
            throw .unknownCommand(request.command, service: request.service)
        }
        return Command(
            service: request.service,
            name: request.command,
            invocation: try definition.invocation(with: request.parameters),
            settings: definition.settings,
            hasSecrets: definition.parameters.contains(where: \.isSecret)
        )
    }

    /// What the catalog topic tells: services, commands, descriptions and parameters; never what is run.
    public var json: JSONObject {
        var object: JSONObject = [:]
        for (name, service) in (services ?? [:]).sorted(by: { $0.key < $1.key }) {
            object[name.text] = .object(service.json)
        }
        return object
    }

    /// The SHA-256 of what the catalog topic tells, for comparing hosts.
    public var digest: String { SHA256(of: JSONValue.object(json).bytes).description }

    /// Whether any file has `Services`, be it without a single one in it.
    public var hasServices: Bool { services != nil }

    /// How many commands there are.
    public var count: Int { services?.values.reduce(0) { $0 + $1.commands.count } ?? 0 }
}

/// A group of commands, named after what they recover.
struct Service: Sendable, Equatable {
    /// For people; may be empty.
    var description = ""
    /// The commands by name.
    var commands: [Name: CommandDefinition] = [:]
    /// How its configuration may be replaced; `nil`: not at all.
    var configuration: ConfigurationDefinition?
    /// The file that defines it.
    var file = ""

    var json: JSONObject {
        var all: JSONObject = [:]
        for (name, command) in commands.sorted(by: { $0.key < $1.key }) { all[name.text] = .object(command.json) }
        var object: JSONObject = ["commands": .object(all)]
        object["description"] = description.isEmpty ? nil : .string(description)
        if let configuration { object["configuration"] = .array(configuration.places.map { .string($0.name) }) }
        return object
    }
}
