import Synchronization

/// Opens once, and lets all through who wait for it.
final class ExitLatch: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        /// Those whose time was over, perhaps before they had begun to wait.
        var late: Set<Int> = []
        var nextNumber = 0
    }

    private let state = Mutex(State())

    /// Lets all through, now and later.
    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits, also in a cancelled task: those who stop because they were cancelled must wait, too.
    ///
    /// - Parameter limit: The longest wait.
    /// - Returns: Whether it is open; not, when the time was over before.
    func wait(atMost limit: Duration) async -> Bool {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        // Without a parent, since a child would inherit the cancellation; it ends with this function.
        let timer = Task.detached {
            try await ContinuousClock().sleep(for: limit)
            self.giveUp(number)
        }
        defer { timer.cancel() }
        await withCheckedContinuation { continuation in
            let isThrough = state.withLock { state in
                if state.isOpen || state.late.contains(number) { return true }
                state.waiters[number] = continuation
                return false
            }
            if isThrough { continuation.resume() }
        }
        return state.withLock { $0.isOpen }
    }

    private func giveUp(_ number: Int) {
        let waiter = state.withLock { state in
            state.late.insert(number)
            return state.waiters.removeValue(forKey: number)
        }
        waiter?.resume()
    }
}
