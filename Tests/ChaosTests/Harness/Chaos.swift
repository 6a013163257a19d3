import Glibc
import TestSupport
import Testing

/// Every fault scenario; one after the other, since each wants the machine for itself.
@Suite(.crowd, .serialized) enum ChaosTests {}

/// How large the suite is, and its chance.
enum Chaos {
    /// Whether the scenarios have their full size; else a slice of it for every day.
    static let isFull = text("RECOVERD_CHAOS") == "full"

    /// What all chance of the suite comes from; told, and repeated by `RECOVERD_CHAOS_SEED`.
    static let seed: UInt64 = {
        if let text = text("RECOVERD_CHAOS_SEED"), let seed = UInt64(text) { return seed }
        return UInt64.random(in: 1...0xFFFF_FFFF)
    }()

    /// Where rows of the table go, beside standard output.
    static let report = text("RECOVERD_CHAOS_REPORT")

    /// Where ledgers and logs of failed scenarios are copied to.
    static let keep = text("RECOVERD_CHAOS_KEEP")

    /// Another agent than that of the build.
    static let agent = text("RECOVERD_CHAOS_AGENT")

    /// How long the random mixture goes on.
    static var monkeyTime: Duration {
        if let text = text("RECOVERD_CHAOS_MONKEY"), let seconds = Int(text) { return .seconds(seconds) }
        return isFull ? .seconds(3600) : .seconds(20)
    }

    /// One value in full size, another in the slice.
    static func size<Value>(full: Value, slice: Value) -> Value { isFull ? full : slice }

    /// The chance of a scenario: the same from the same seed, whatever ran before.
    static func generator(_ scenario: String) -> SeededGenerator {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in scenario.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return SeededGenerator(seed: seed ^ hash)
    }

    private static func text(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
