import PluginKit
import Synchronization

/// The last reading of each metric, for the status and the dump.
final class LatestMetrics: Sendable {
    /// Metrics that are remembered at most; a host with plugins of its own has some hundred.
    static let capacity = 4096

    private let metrics = Mutex<[MetricIdentity: Metric]>([:])

    /// Remembers readings; beyond the capacity new metrics are passed over.
    func note(_ readings: [Metric]) {
        metrics.withLock { metrics in
            for reading in readings where metrics.count < Self.capacity || metrics[reading.identity] != nil {
                metrics[reading.identity] = reading
            }
        }
    }

    /// The readings whose plugin fits, by name.
    func all(where isIncluded: (MetricIdentity) -> Bool = { _ in true }) -> [(name: String, metric: Metric)] {
        metrics.withLock { metrics in metrics.values.filter { isIncluded($0.identity) } }
            .map { (name: $0.identity.nameOnHost, metric: $0) }
            .sorted { $0.name < $1.name }
    }
}

extension MetricIdentity {
    /// collectd's form without the host: `memory/memory-free`.
    fileprivate var nameOnHost: String {
        let full = description
        return full.firstIndex(of: "/").map { String(full[full.index(after: $0)...]) } ?? full
    }
}
