public import CommandCatalog
public import JSON

/// What somebody asks for, as far as the policy looks at it.
public struct PolicyRequest: Sendable, Equatable {
    /// Who asks, as the signature proves it.
    public enum Sender: Sendable, Equatable {
        /// The holder of a key, and the roles that the key has on this host.
        case key(Name, roles: [Name])
        /// Nobody knows: the task has no signature.
        case unsigned
    }

    /// What kind of thing is asked for.
    public let kind: PolicyKind
    /// Who asks.
    public let sender: Sender
    /// The service; with `cancel` and `fetch` that of the task they are about, `nil` where it is not known.
    public let service: Name?
    /// The command; as with the service, and `nil` with `config`.
    public let command: Name?
    /// The parameters as the task brings them.
    public let parameters: [Name: JSONValue]
    /// What the clock says; `nil` where the agent cannot trust it: then no rule allows by its hours, and every rule that
    /// denies by its hours denies.
    public let time: Timestamp?

    /// A request.
    public init(
        _ kind: PolicyKind, from sender: Sender, service: Name?, command: Name? = nil,
        parameters: [Name: JSONValue] = [:], at time: Timestamp?
    ) {
        self.kind = kind
        self.sender = sender
        self.service = service
        self.command = command
        self.parameters = parameters
        self.time = time
    }
}

/// The kinds of things that a rule can be about; the words are those of the task's member.
public enum PolicyKind: String, Sendable, CaseIterable {
    /// Running a command.
    case command
    /// Asking what would be run.
    case check
    /// Replacing a configuration.
    case config
    /// Ending a task.
    case cancel
    /// Fetching what a command printed.
    case fetch

    /// What the word `*` stands for; all others must be named.
    static let coveredByStar: Set<PolicyKind> = [.command, .check]
}

extension PolicyRequest.Sender: CustomStringConvertible {
    /// `key ops (roles a, b)`.
    public var description: String {
        switch self {
        case .unsigned: "a sender without signature"
        case .key(let key, let roles) where roles.isEmpty: "key \(key)"
        case .key(let key, let roles): "key \(key) (\(roles.map { "role:\($0)" }.joined(separator: ", ")))"
        }
    }
}

extension PolicyRequest: CustomStringConvertible {
    /// `command web/restart from key ops (role:operators)`.
    public var description: String { "\(what) from \(sender)" }

    /// `command web/restart`.
    var what: String {
        let names = [service?.text, command?.text].compactMap { $0 }.joined(separator: "/")
        return names.isEmpty ? kind.rawValue : "\(kind.rawValue) \(names)"
    }
}
