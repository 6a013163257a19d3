internal import CommandCatalog
internal import ConfigurationReader
internal import Policy

/// How often may be asked: by each sender, and by all senders together for each service.
///
/// A value.
struct Brakes: Sendable {
    private var senders: RateLimit<String>?
    private var services: RateLimit<Name>?

    init(_ settings: TrustSettings) {
        senders = settings.senderRate.map { RateLimit($0) }
        services = settings.serviceRate.map { RateLimit($0) }
    }

    /// Whether nobody is braked.
    var areOff: Bool { senders == nil && services == nil }

    /// Why a task must come later; `nil`: it may come now.
    ///
    /// - Parameters:
    ///   - message: The task.
    ///   - sender: Who asks; where nobody knows, whoever he claims to be.
    ///   - uptime: What the clock says.
    /// - Returns: The answer.
    mutating func objection(to message: TaskMessage, from sender: Sender, at uptime: Duration) -> TaskOutcome? {
        // The claim is no proof, and whoever changes it with every task shares one bucket with his like.
        let name = sender.key.map { "key \($0)" } ?? "claimed \(message.from ?? "")"
        if let wait = senders?.take(for: name, at: uptime) { return .tooOften("sender", wait) }
        guard case .command(let request) = message.verb, request.service.text != CommandCatalog.reservedService,
            let wait = services?.take(for: request.service, at: uptime)
        else { return nil }
        return .tooOften("service", wait)
    }
}

extension TaskOutcome {
    fileprivate static func tooOften(_ whom: String, _ wait: Duration) -> TaskOutcome {
        TaskOutcome(
            code: .queueFull,
            message: "Too many tasks for one \(whom); the next may come in \(DurationText(wait))", reason: .tooOften)
    }
}
