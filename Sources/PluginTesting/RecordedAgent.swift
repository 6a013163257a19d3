public import JSON
public import PluginKit
internal import Synchronization

/// An agent around a plugin that remembers what it was asked for.
public final class RecordedAgent: AgentServices {
    private struct State {
        var reading = ConfigurationReading(count: 0, error: nil)
        var taskRunner: (any TaskRunner)?
        var replacer: (any ConfigurationReplacer)?
    }

    private let state = Mutex(State())

    /// An agent in which nobody else is.
    public init() {}

    /// A version and nothing else.
    public var status: JSONObject { ["v": 1] }

    /// None.
    public var metrics: String { "" }

    /// There are no mistakes.
    public func checkConfiguration() {}

    /// Counts.
    public func reload() { state.withLock { $0.reading.count += 1 } }

    /// As often as it was asked to.
    public var reading: ConfigurationReading { state.withLock(\.reading) }

    /// One that nobody feels.
    public func pulse(of loop: String) -> Pulse { Pulse(loop) }

    /// Whoever was put there.
    public var taskRunner: (any TaskRunner)? {
        get { state.withLock(\.taskRunner) }
        set { state.withLock { $0.taskRunner = newValue } }
    }

    /// Whoever was put there.
    public var configurationReplacer: (any ConfigurationReplacer)? {
        get { state.withLock(\.replacer) }
        set { state.withLock { $0.replacer = newValue } }
    }
}
