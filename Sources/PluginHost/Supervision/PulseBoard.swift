import PluginKit
import Synchronization

/// The pulses of all loops that live.
final class PulseBoard: Sendable {
    private struct Held {
        // The loop keeps it: with the loop it goes.
        weak var pulse: Pulse?
    }

    private let pulses = Mutex<[Held]>([])

    /// A new pulse.
    func pulse(of name: String) -> Pulse {
        let pulse = Pulse(name)
        pulses.withLock { pulses in
            pulses.removeAll { $0.pulse == nil }
            pulses.append(Held(pulse: pulse))
        }
        return pulse
    }

    /// The names of the loops that do not go on.
    func late(at now: ContinuousClock.Instant = .now) -> [String] {
        pulses.withLock { $0.compactMap(\.pulse) }.filter { $0.isLate(at: now) }.map(\.name)
    }
}
