internal import Audit
internal import CommandCatalog
internal import JSON
internal import Logging
internal import PluginKit
internal import Policy
internal import Synchronization

/// Notes every decision: in the audit's file, and as events for the broker, so that it does not stay on this disk alone.
///
/// Used from all threads. Lines of one turn are one write(2); the thread of the runs brings them to the disk once a second.
final class AuditTrail: Sendable {
    private struct State: ~Copyable {
        /// `nil`: no audit is wanted.
        var file: AuditFile?
        var path: String?
        /// Where events go; `nil`: nowhere.
        var topic: TopicName?
        var refusals: TokenBucket
        /// Refusals without a line of their own, since the last line and in all.
        var unwritten = (pending: 0, all: 0)
        var failures = FailureLog()
        /// Has the thread of the runs look after what is to be synced.
        var wake: (@Sendable () -> Void)?
    }

    private let context: PluginContext
    private let state: Mutex<State>

    /// Refusals that get a line: whoever is refused as often as he can must not push the audit out of its files.
    private static let refusalRate = Rate(50, per: .seconds(1), burst: 500)

    /// The name of the head record in the state directory.
    static let headName = "audit.head"

    /// Opens the audit, if one is wanted.
    ///
    /// - Parameters:
    ///   - path: The audit's file; `nil`: nothing is noted.
    ///   - topic: Where events go; `nil`: nowhere.
    ///   - context: What it can reach.
    init(_ path: String?, topic: TopicName?, context: PluginContext) {
        self.context = context
        state = Mutex(State(refusals: TokenBucket(at: context.clock.uptime)))
        use(path, topic: topic)
    }

    /// Writes to another file, and tells another topic, from now on.
    func use(_ path: String?, topic: TopicName?) {
        let now = context.clock.now
        let failure = state.withLock { state -> AuditError? in
            state.topic = topic
            guard path != state.path else { return nil }
            state.file?.sync(at: now)
            state.path = path
            state.file = nil
            guard let path else { return nil }
            let settings = AuditSettings(path: path, headPath: "\(context.stateDirectory)/\(Self.headName)")
            state.file = AuditFile(trying: settings, host: context.host.identity.description, at: now)
            return state.file?.failure
        }
        if let failure { log(failure) }
    }

    /// Says what is to be called when there is something to sync, from any thread.
    func wakes(_ wake: @escaping @Sendable () -> Void) { state.withLock { $0.wake = wake } }

    /// Whether decisions are noted.
    var isOn: Bool { state.withLock { $0.file != nil } }

    /// The word of the status: `off`, `ok` or `failed`.
    var word: String {
        state.withLock { state in
            guard state.file != nil else { return "off" }
            return state.file?.failure == nil ? "ok" : "failed"
        }
    }

    /// Lines that were written, lines that could not be, and refusals without a line.
    var counters: (written: Int, lost: Int, unwritten: Int) {
        state.withLock { ($0.file?.written ?? 0, $0.file?.lost ?? 0, $0.unwritten.all) }
    }

    /// Notes decisions, before they are acted on.
    ///
    /// - Parameter entries: Makes the entries; not asked when nothing is noted.
    func record(_ entries: () -> [AuditEntry]) {
        guard isOn else { return }
        write(entries())
    }

    /// Notes a refusal, or counts it where there were too many for a line each.
    ///
    /// - Parameter entry: Makes the entry; not asked when there is no line for it, since most of a flood has none.
    func record(refusal entry: () -> AuditEntry) {
        let uptime = context.clock.uptime
        let hasLine = state.withLock { state in
            guard state.file != nil else { return false }
            guard let rate = Self.refusalRate, state.refusals.take(at: rate, uptime) != nil else { return true }
            state.unwritten.pending += 1
            state.unwritten.all += 1
            return false
        }
        if hasLine { write([entry()]) }
    }

    private func write(_ entries: [AuditEntry]) {
        guard !entries.isEmpty else { return }
        let now = context.clock.now
        let (lines, failure, wake) = state.withLock { state -> ([String], AuditError?, (@Sendable () -> Void)?) in
            let wasUnsynced = state.file?.isUnsynced == true
            let summary = state.unwritten.pending > 0 ? [summary(&state, at: now)] : []
            let lines = state.file?.append(summary + entries, at: now) ?? []
            let isFirst = !wasUnsynced && state.file?.isUnsynced == true
            return (lines, state.file?.failure, isFirst ? state.wake : nil)
        }
        if let failure { log(failure) }
        wake?()
        publish(lines[...], at: now)
    }

    /// Brings what was written to the disk, if that is due.
    ///
    /// - Returns: Whether something is left for later.
    func syncIfDue() -> Bool {
        let now = context.clock.now
        return state.withLock { state in
            guard state.file?.isUnsynced == true else { return false }
            state.file?.syncIfDue(at: now)
            return state.file?.isUnsynced == true
        }
    }

    /// Brings what was written to the disk.
    func stop() {
        state.withLock { $0.file?.sync(at: context.clock.now) }
    }

    private func summary(_ state: inout State, at now: Timestamp) -> AuditEntry {
        var entry = AuditEntry(.refused, at: now)
        entry.note = "\(state.unwritten.pending) more tasks were refused, too many for a line each"
        state.unwritten.pending = 0
        return entry
    }

    private func log(_ failure: AuditError) {
        let uptime = context.clock.uptime
        guard let suppressed = state.withLock({ $0.failures.pass(failure.description, at: uptime) }) else { return }
        context.logger.error(
            "the audit cannot be written; its lines are counted as lost",
            metadata: ["error": "\(failure)", "more.since.last": "\(suppressed)"])
    }

    /// The lines as they stand in the file, so that the chain can be followed elsewhere; a few events for a long turn.
    private func publish(_ lines: ArraySlice<String>, at now: Timestamp) {
        guard let topic = state.withLock({ $0.topic }) else { return }
        var rest = lines
        while !rest.isEmpty {
            let event: JSONObject = [
                "v": 1, "host": .string(context.host.identity.description), "time": .string(now.textWithMilliseconds),
                "kind": "audit", "lines": .array(rest.prefix(Self.mostLines).map(JSONValue.string)),
            ]
            context.mqtt.publish(MQTTMessage(topic: topic.description, payload: JSONValue.object(event).bytes))
            rest = rest.dropFirst(Self.mostLines)
        }
    }

    /// Lines in one event at most; each has some hundred bytes.
    private static let mostLines = 64
}
