import CommandCatalog
import ConfigurationReader
import Glibc
import PluginKit
import Synchronization
import TestSupport

/// A plugin that admits messages of `gate`, and commits them as its section says.
final class Gate: MessageAdmission, MessageHandler {
    static let name = "gate"

    struct Configuration: PluginConfiguration {
        let refusals: Int
        let isClosed: Bool

        /// - `refusals`: how many commits are refused at first.
        /// - `closed`: whether a commit waits until the gate is opened.
        init?(_ section: ConfigurationSection, host: HostIdentity) {
            refusals = section.value("refusals", .integer(in: 0...10), default: 0)
            isClosed = section.value("closed", .bool, default: false)
        }
    }

    /// What was admitted: its text and its broker.
    let admitted = Collected<[String?]>()
    /// The brokers for which was committed.
    let commits = Collected<String>()
    /// What came by the mailbox.
    let handled = Collected<String>()
    private let configuration: Configuration
    private let isOpen: Mutex<Bool>
    private let topic: TopicFilter

    init(configuration: Configuration, context: PluginContext) throws {
        guard let topic = TopicFilter("gate") else { throw SystemFailure("no filter") }
        self.topic = topic
        self.configuration = configuration
        isOpen = Mutex(!configuration.isClosed)
    }

    var admittedTopics: [TopicFilter] { [topic] }
    var topics: [TopicFilter] { [topic] }

    func open() { isOpen.withLock { $0 = true } }

    func admit(_ message: MQTTMessage) -> Admission {
        admitted.append([String(decoding: message.payload, as: UTF8.self), message.broker])
        return .taken
    }

    func commit(from broker: String) -> Admission {
        commits.append(broker)
        while !isOpen.withLock({ $0 }) { usleep(1000) }
        return commits.count <= configuration.refusals ? .left : .taken
    }

    func handle(_ message: MQTTMessage) async throws {
        handled.append(String(decoding: message.payload, as: UTF8.self))
    }
}
