public import CommandCatalog
public import PluginKit
internal import Synchronization

/// A clock that stands still until a test moves it.
///
/// ```swift
/// let clock = ManualClock()
/// async let waiting: Void = clock.sleep(for: .seconds(60))
/// await clock.waitForSleepers()
/// clock.advance(by: .seconds(61))
/// try await waiting
/// ```
public final class ManualClock: AgentClock {
    private struct Sleeper {
        let deadline: Duration
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now: Timestamp
        var uptime = Duration.zero
        var nextNumber = 0
        var sleepers: [Int: Sleeper] = [:]
        /// Sleepers that were cancelled before they lay down.
        var cancelled: Set<Int> = []
        var observers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state: Mutex<State>

    /// A clock that shows this wall-clock time, and no uptime.
    public init(now: Timestamp = Timestamp(seconds: 1_600_000_000)) {
        state = Mutex(State(now: now))
    }

    /// The wall-clock time.
    public var now: Timestamp { state.withLock(\.now) }

    /// How far the clock has been moved.
    public var uptime: Duration { state.withLock(\.uptime) }

    /// How many wait at this moment.
    public var sleeperCount: Int { state.withLock(\.sleepers.count) }

    /// Moves both times on and wakes those whose time has come, the earliest first.
    public func advance(by duration: Duration) {
        let woken = state.withLock { state -> [Sleeper] in
            state.uptime += duration
            state.now = state.now + duration
            let due = state.sleepers.filter { $0.value.deadline <= state.uptime }
            for number in due.keys { state.sleepers[number] = nil }
            return due.sorted { ($0.value.deadline, $0.key) < ($1.value.deadline, $1.key) }.map(\.value)
        }
        for sleeper in woken { sleeper.continuation.resume() }
    }

    /// Sets the wall-clock time, as an administrator or a time server does; uptime stays.
    public func jump(to now: Timestamp) {
        state.withLock { $0.now = now }
    }

    /// Waits until the clock has been moved to this uptime.
    ///
    /// - Throws: `CancellationError` when the waiting task is cancelled.
    public func sleep(until uptime: Duration) async throws {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { lieDown(Sleeper(deadline: uptime, continuation: $0), number) }
        } onCancel: {
            cancel(number)
        }
    }

    /// Waits until at least so many wait for this clock: then they are where the test wants them.
    public func waitForSleepers(_ count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.sleepers.count >= count { return true }
                state.observers.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private func lieDown(_ sleeper: Sleeper, _ number: Int) {
        enum Answer { case wake, cancel, wait([CheckedContinuation<Void, Never>]) }
        let answer = state.withLock { state -> Answer in
            if state.cancelled.remove(number) != nil { return .cancel }
            if sleeper.deadline <= state.uptime { return .wake }
            state.sleepers[number] = sleeper
            let satisfied = state.observers.filter { $0.count <= state.sleepers.count }
            state.observers.removeAll { $0.count <= state.sleepers.count }
            return .wait(satisfied.map(\.continuation))
        }
        switch answer {
        case .wake: sleeper.continuation.resume()
        case .cancel: sleeper.continuation.resume(throwing: CancellationError())
        case .wait(let observers): for observer in observers { observer.resume() }
        }
    }

    private func cancel(_ number: Int) {
        let sleeper = state.withLock { state in
            let sleeper = state.sleepers.removeValue(forKey: number)
            if sleeper == nil { state.cancelled.insert(number) }
            return sleeper
        }
        sleeper?.continuation.resume(throwing: CancellationError())
    }
}
