import CommandCatalog
import ConfigurationReader
import JSON
import PluginKit
import ServiceLifecycle
import TestSupport

/// A plugin that does what a test tells it, in all roles but admission.
final class Probe: Reader, MetricHandler, NotificationHandler, MessageHandler, ResultHandler, StatusReporter {
    static let name = "probe"

    struct Configuration: PluginConfiguration {
        let word: String

        init?(_ section: ConfigurationSection, host: HostIdentity) {
            word = section.value("word", .nonEmptyText, default: "none")
        }
    }

    /// What each kind of call does.
    struct Behaviour: Sendable {
        var read: @Sendable () async throws -> [Metric] = { [] }
        var handle: @Sendable (String) async throws -> Void = { _ in }
        var run: @Sendable () async throws -> Void = { try? await gracefulShutdown() }
        var topics: [TopicFilter] = []
    }

    let word: String
    let context: PluginContext
    /// What was handled, in order.
    let handled = Collected<String>()
    private let behaviour: Behaviour

    convenience init(configuration: Configuration, context: PluginContext) throws {
        if configuration.word == "impossible" { throw SystemFailure("the word is impossible") }
        self.init(configuration.word, Behaviour(), context)
    }

    init(_ word: String = "none", _ behaviour: Behaviour, _ context: PluginContext) {
        self.word = word
        self.behaviour = behaviour
        self.context = context
    }

    var topics: [TopicFilter] { behaviour.topics }

    var status: JSONObject { ["word": .string(word)] }

    func run() async throws { try await behaviour.run() }

    func read() async throws -> [Metric] {
        handled.append("read")
        return try await behaviour.read()
    }

    func handle(_ metrics: [Metric]) async throws { try await note("metrics \(metrics.map(\.identity.type))") }
    func handle(_ notification: PluginKit.Notification) async throws {
        try await note("notification \(notification.message)")
    }
    func handle(_ message: MQTTMessage) async throws { try await note("message \(message.topic)") }
    func handle(_ result: TaskResult) async throws { try await note("result \(result.message)") }

    private func note(_ what: String) async throws {
        handled.append(what)
        try await behaviour.handle(what)
    }
}
