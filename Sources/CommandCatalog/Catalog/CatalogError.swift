/// Why the catalog has no command for a task.
public enum CatalogError: Error, Equatable {
    /// The configuration has no `Services`.
    case noServices(command: Name)
    /// No such service.
    case unknownService(Name)
    /// The service has no such command.
    case unknownCommand(Name, service: Name)
    /// The service has no configuration that may be replaced.
    case notConfigurable(Name)
    /// Nobody replaces configurations here.
    case noReplacer
    /// A parameter is refused, for this reason.
    case parameters(String)

    /// The code of the answer.
    public var code: ResultCode {
        switch self {
        case .noServices: .noServices
        case .unknownService: .unknownService
        case .unknownCommand, .notConfigurable: .unknownCommand
        case .noReplacer: .notImplemented
        case .parameters: .malformed
        }
    }

    /// The text of the answer; for the first three the predecessor's, word for word.
    public var message: String {
        switch self {
        case .noServices(let command): "Cannot handle \"\(command)\" command: No service is configured!"
        case .unknownService(let service): "Cannot find the service settings for: \(service)"
        case .unknownCommand(let command, let service): "Cannot find \(command) command for \(service)"
        case .notConfigurable(let service): "The configuration of \(service) may not be replaced here"
        case .noReplacer: "Not implemented: config; the plugin config-replacer is not switched on here"
        case .parameters(let reason): "Malformed task: \(reason)"
        }
    }
}
