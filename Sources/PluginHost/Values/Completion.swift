import PluginKit
import Synchronization

/// The end of something, which others wait for, but not for ever.
final class Completion: Sendable {
    private struct State {
        var isFinished = false
        var nextNumber = 0
        var waiters: [Int: CheckedContinuation<Bool, Never>] = [:]
    }

    private let state = Mutex(State())

    var isFinished: Bool { state.withLock(\.isFinished) }

    func finish() {
        let waiters = state.withLock { state in
            state.isFinished = true
            return state.waiters.take()
        }
        for waiter in waiters.values { waiter.resume(returning: true) }
    }

    /// Waits for the end.
    ///
    /// - Returns: Whether it came in time.
    func wait(until deadline: Duration, _ clock: any AgentClock) async -> Bool {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        let timer = Task {
            try await clock.sleep(until: deadline)
            self.giveUp(number)
        }
        defer { timer.cancel() }
        return await withCheckedContinuation { continuation in
            // The timer may have fired before; a deadline that has passed needs no waiter.
            let answer = state.withLock { state -> Bool? in
                if state.isFinished { return true }
                if clock.uptime >= deadline { return false }
                state.waiters[number] = continuation
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    private func giveUp(_ number: Int) {
        state.withLock { $0.waiters.removeValue(forKey: number) }?.resume(returning: false)
    }
}

extension Dictionary {
    /// Empties the dictionary and gives what was in it.
    fileprivate mutating func take() -> Self {
        defer { self = [:] }
        return self
    }
}
