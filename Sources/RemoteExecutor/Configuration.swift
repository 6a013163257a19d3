public import CommandCatalog
public import ConfigurationReader
internal import JSON
public import PluginKit

extension RemoteExecutor {
    /// What the operator writes in the main file for the executor.
    public struct Configuration: PluginConfiguration {
        /// The topics by which tasks come and results go.
        let pairs: [TopicPair]
        /// Where events go; `nil` without own topics.
        var eventTopic: TopicName? { pairs.compactMap(\.event).first }
        /// Where the catalog is announced; `nil` without own topics.
        let catalogTopic: TopicName?
        /// How many commands run beside each other.
        let mostRunning: Int
        /// How many tasks may wait.
        let mostQueued: Int
        /// What commands have that say nothing else.
        let defaults: CommandDefaults
        /// How old a task may be.
        let window: TimeWindow
        /// How much is kept of what commands print.
        let output: OutputBounds
        /// What the journal keeps.
        let journal: Journal.Limits
        /// What may be run.
        let catalog: CommandCatalog
        /// Who may.
        let trust: TrustSettings
        /// Notices that the catalog's files change after they were read for this.
        let watch: CatalogWatch

        /// Reads the main file's root.
        ///
        /// - `CommandTopic` (topic): where tasks come from, beside `<Root>/<host>/command`.
        /// - `CommandResultTopic` (topic): where their results go; without it there are none.
        /// - `QoS` (2, 0 to 2): of the results; tasks are always subscribed at 1.
        /// - `Root` (topic, `"recovery"`): where the host's own topics begin; `""` switches them off.
        /// - `MaxConcurrent` (4, 1 to 4096): how many commands run beside each other.
        /// - `MaxQueued` (1000, 1 to 100000): how many tasks may wait; more are answered 0x1101.
        /// - `DefaultTimeout` (duration, `"10m"`, `"100ms"` to `"7d"`): of commands that say none.
        /// - `RequireTimestamp` (false): whether a task must say when it was made, and is refused outside the window.
        /// - `MaxAge` (duration, `"5m"`, `"1s"` to `"1d"`): how long ago a task may have been made.
        /// - `MaxAhead` (duration, `"1m"`, `"0"` to `"1h"`): how far a sender's clock may be ahead.
        /// - `OutputPerCommand` (16 MiB, bytes): how much of each stream of a command is kept beside its answer.
        /// - `OutputKept` (256 MiB, bytes): how much of that is kept of all commands, compressed.
        /// - `JournalDigests` (1000000, 1000 to 10000000): how many tasks are remembered, for 24 hours.
        /// - `JournalAnswers` (64 MiB, bytes): how much their answers may take.
        /// - `KeyDirectory` (path): the public keys of those who may sign tasks; with a key in it tasks must be signed.
        /// - `PolicyFile` (path): who may ask for what; see ``PolicyReader``.
        /// - `AuditFile` (path): where every decision is noted.
        /// - `AllowUnsigned` (list of services): whose tasks need no signature.
        /// - `SenderRate`, `ServiceRate` (rates such as `"100/10s"`): how often each sender may ask, and all of them together
        ///   for one service; more are answered 0x1101.
        /// - `Backend` (`"runner"`): who makes the processes of commands, `"runner"` or `"systemd"`.
        /// - `RequireUser` (false): whether every command must name its user, root included.
        /// - `Services` (object): see ``CatalogReader``.
        public init?(_ section: ConfigurationSection, host: HostIdentity) {
            let usual = HostTopics(root: HostTopics.defaultRoot, host: host)
            let topics = section.value("Root", .ownTopics(of: host), default: usual)
            pairs = TopicPair.readAll(from: section, host: host, own: topics)
            catalogTopic = topics?.catalog
            mostRunning = section.value("MaxConcurrent", .integer(in: 1...4096), default: 4)
            mostQueued = section.value("MaxQueued", .integer(in: 1...100_000), default: 1000)
            let timeouts: ClosedRange<Duration> = .milliseconds(100)...(.seconds(7 * 86_400))
            defaults = CommandDefaults(
                timeout: section.value("DefaultTimeout", .duration(in: timeouts), default: .seconds(600)),
                requiresUser: section.value("RequireUser", .bool, default: false),
                backend: section.value("Backend", .backend, default: .runner))
            window = TimeWindow(
                oldest: section.value(
                    "MaxAge", .duration(in: .seconds(1)...(.seconds(86_400))), default: .seconds(300)),
                ahead: section.value("MaxAhead", .duration(in: .zero...(.seconds(3600))), default: .seconds(60)),
                isRequired: section.value("RequireTimestamp", .bool, default: false))
            output = OutputBounds(
                mostOfCommand: section.value("OutputPerCommand", .integer(in: 4096...(1 << 32)), default: 16 << 20),
                mostOfAll: section.value("OutputKept", .integer(in: 0...(1 << 40)), default: 256 << 20))
            var limits = Journal.Limits()
            limits.digests = section.value("JournalDigests", .integer(in: 1000...10_000_000), default: limits.digests)
            limits.answerBytes = section.value(
                "JournalAnswers", .integer(in: (1 << 16)...(1 << 34)), default: limits.answerBytes)
            journal = limits
            // Before the reading, so that no change is missed.
            watch = CatalogWatch(file: section.file, defaults: defaults)
            catalog = CatalogReader.read(section, defaults: defaults)
            trust = TrustSettings(section, catalog: catalog, host: host)
        }
    }
}

/// The topics by which tasks come and their results go.
struct TopicPair: Sendable, Equatable {
    /// Where tasks come from.
    let command: TopicName
    /// Where results go; `nil`: nowhere.
    let result: TopicName?
    /// Where events go; `nil`: nowhere, since the predecessor knows none.
    let event: TopicName?
    /// How surely results are delivered.
    let quality: QualityOfService

    /// Reads the predecessor's pair and adds that of the host's own topics, if there are any.
    static func readAll(from section: ConfigurationSection, host: HostIdentity, own: HostTopics?) -> [TopicPair] {
        let configured = Self(section, host: host)
        if let configured, let own { configured.check(against: own, in: section) }
        if own == nil, !section.contains("CommandTopic") {
            section.mistake("needs \"CommandTopic\", because \"Root\" switches the host's own topics off")
        }
        let pair = own.map { TopicPair(command: $0.command, result: $0.result, event: $0.event, quality: .atLeastOnce) }
        return [configured, pair].compactMap { $0 }
    }

    /// A task would come twice, or a result as a task.
    private func check(against own: HostTopics, in section: ConfigurationSection) {
        if own.all.contains(command) {
            section.mistake("is one of the host's own topics already; choose another one", at: "CommandTopic")
        }
        if let result, result != own.result, own.all.contains(result) {
            section.mistake("is one of the host's own topics; choose another one", at: "CommandResultTopic")
        }
    }

    private init?(_ section: ConfigurationSection, host: HostIdentity) {
        let quality = Self.quality(in: section)
        let result = section.value("CommandResultTopic", .topic(on: host))
        guard let command = section.value("CommandTopic", .topic(on: host)) else { return nil }
        if command == result {
            section.mistake("is the CommandTopic too; results would come back as tasks", at: "CommandResultTopic")
        }
        self.init(command: command, result: result, event: nil, quality: quality)
    }

    private init(command: TopicName, result: TopicName?, event: TopicName?, quality: QualityOfService) {
        self.command = command
        self.result = result
        self.event = event
        self.quality = quality
    }

    private static func quality(in section: ConfigurationSection) -> QualityOfService {
        let level = section.value("QoS", .integer(in: 0...2), default: 2)
        if level == 0 {
            section.warning("at QoS 0 a result is lost when the connection is; proceeding", at: "QoS")
        }
        return QualityOfService(rawValue: level) ?? .exactlyOnce
    }
}
