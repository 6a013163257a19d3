/// Decides when the service manager is told what; a value without a clock.
struct Vigil {
    /// What follows from a look.
    struct Outcome: Equatable {
        /// What the service manager is told, in this order.
        var news: [ServiceManager.News] = []
        /// The loops that do not go on since this look.
        var stopped: [String] = []
        /// The loops that go on again since this look.
        var resumed: [String] = []
    }

    /// Between two signs of life: four fit into the patience of whoever waits for them.
    private let rhythm: Duration?
    private var next = Duration.zero
    private var late: [String] = []
    private var status = ""

    /// The vigil over an agent that may be silent for so long; `nil`: as long as it likes.
    init(patience: Duration?) { rhythm = patience.map { $0 / 4 } }

    /// Looks at the agent.
    ///
    /// - Parameters:
    ///   - late: The loops that do not go on.
    ///   - status: What a person should see.
    ///   - now: The uptime.
    /// - Returns: Whom to tell what.
    mutating func look(late: [String], status: String, now: Duration) -> Outcome {
        var outcome = Outcome()
        outcome.stopped = late.filter { !self.late.contains($0) }
        outcome.resumed = self.late.filter { !late.contains($0) }
        self.late = late
        if status != self.status {
            self.status = status
            outcome.news.append(.status(status))
        }
        guard let rhythm else { return outcome }
        if !outcome.stopped.isEmpty {
            outcome.news.append(.stuck)
        } else if late.isEmpty, now >= next {
            next = now + rhythm
            outcome.news.append(.alive)
        }
        return outcome
    }
}
