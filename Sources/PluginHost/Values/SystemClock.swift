import CommandCatalog
import PluginKit

/// The system's clocks; uptime counts from the making of the value, suspension included.
struct SystemClock: AgentClock {
    private let start = ContinuousClock.now

    var now: Timestamp { .now }

    var uptime: Duration { ContinuousClock.now - start }

    func sleep(until uptime: Duration) async throws {
        try await Task.sleep(until: start + uptime, clock: .continuous)
    }
}
