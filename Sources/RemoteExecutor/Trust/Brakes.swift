internal import CommandCatalog
internal import ConfigurationReader
internal import Policy

/// How often may be asked: by each sender, and by all senders together for each service; and what costs more than it
/// should if it is asked without end.
///
/// A value.
struct Brakes: Sendable {
    private var senders: RateLimit<String>?
    private var services: RateLimit<Name>?
    /// Signatures that were not those of the keys that they name.
    private var forgeries: RateLimit<KeyID>?
    /// Tasks under the names of keys that are forged too often.
    private var doubtful = 0
    /// Tasks that were named by those who may not have them, or that nobody knows.
    private var vainSearches: RateLimit<KeyID>?

    /// More forgeries than that are a flood.
    private static let forgeryRate = Rate(100, per: .seconds(1), burst: 200)
    /// For more vain searches than that the journal is not read, each time from its end to its beginning.
    private static let searchRate = Rate(1, per: .seconds(1), burst: 50)
    /// Of the tasks under a name that is forged too often one in so many is looked at all the same.
    private static let sample = 8

    init(_ settings: TrustSettings) {
        senders = settings.senderRate.map { RateLimit($0) }
        services = settings.serviceRate.map { RateLimit($0) }
        forgeries = Self.forgeryRate.map { RateLimit($0) }
        vainSearches = Self.searchRate.map { RateLimit($0) }
    }

    /// Whether nobody is braked.
    var areOff: Bool { senders == nil && services == nil }

    /// Why a signature is not even looked at, which costs more than all else about a refusal; `nil`: it is.
    ///
    /// Either the holder of the key has had his share, and a good signature would change nothing. Or others forge his tasks
    /// by the hundred. They must not lock him out, so he comes through now and then when he repeats his task.
    ///
    /// - Parameters:
    ///   - key: The key that the task names, which may not be whose it is.
    ///   - uptime: What the clock says.
    /// - Returns: The answer.
    mutating func objection(toLookingAt key: KeyID, at uptime: Duration) -> TaskOutcome? {
        if let wait = senders?.wait(for: Self.name(of: key), at: uptime) { return .tooOften("sender", wait) }
        guard let wait = forgeries?.wait(for: key, at: uptime) else { return nil }
        doubtful &+= 1
        return doubtful.isMultiple(of: Self.sample) ? nil : .tooOften("key", wait)
    }

    /// Notes a signature that was not that of the key that it names.
    mutating func noteForgery(of key: KeyID, at uptime: Duration) {
        _ = forgeries?.take(for: key, at: uptime)
    }

    /// Why the journal is not searched for a task that a sender names; `nil`: it is.
    ///
    /// Whoever names tasks that are known here, and his, is never kept waiting.
    ///
    /// - Parameters:
    ///   - sender: Who asks.
    ///   - uptime: What the clock says.
    /// - Returns: The answer.
    func objection(toSearchBy sender: Sender, at uptime: Duration) -> TaskOutcome? {
        guard let key = sender.key, let wait = vainSearches?.wait(for: key, at: uptime) else { return nil }
        return .tooOften("sender", wait)
    }

    /// Notes that a sender named a task that nobody knows, or that he may not have.
    mutating func noteVainSearch(by sender: Sender, at uptime: Duration) {
        guard let key = sender.key else { return }
        _ = vainSearches?.take(for: key, at: uptime)
    }

    private static func name(of key: KeyID) -> String { "key \(key)" }

    /// Why a task must come later; `nil`: it may come now.
    ///
    /// - Parameters:
    ///   - message: The task.
    ///   - sender: Who asks; where nobody knows, whoever he claims to be.
    ///   - uptime: What the clock says.
    /// - Returns: The answer.
    mutating func objection(to message: TaskMessage, from sender: Sender, at uptime: Duration) -> TaskOutcome? {
        // The claim is no proof, and whoever changes it with every task shares one bucket with his like.
        let name = sender.key.map(Self.name) ?? "claimed \(message.from ?? "")"
        return senders?.take(for: name, at: uptime).map { .tooOften("sender", $0) }
    }

    /// Why a task that its sender may have done must come later for the sake of its service; `nil`: it may come now.
    ///
    /// - Parameters:
    ///   - message: The task.
    ///   - uptime: What the clock says.
    /// - Returns: The answer.
    mutating func objection(toServiceOf message: TaskMessage, at uptime: Duration) -> TaskOutcome? {
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
