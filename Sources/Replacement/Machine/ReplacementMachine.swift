import CommandCatalog

/// The order of a replacement, as a value: it is told how each step went, and says which one is next.
///
///     stage ─ check ─ keep ─ begin ─ stop ─ awaitEnd ─ swap ─ take ─ awaitRun ─ confirm ─ commit ─► success
///        └───────┴───────┴──────┴► discard                └── restore ─ retake ─ awaitOldRun ─ close ─► the step's code
///
/// Before `begin` nothing was touched, so what was made is thrown away. From then on every failure leads back: the old
/// files, and the service with them. What was cut off is found by the next replacement, which goes the way back first.
public struct ReplacementMachine: Sendable {
    /// What is done; forward, and back.
    public enum Step: String, Sendable, CaseIterable {
        /// The new files are written beside the old ones.
        case stage
        /// The service's own check looks at them.
        case check
        /// The old files are kept: as a version, and where they can be had back without room on the disk.
        case keep
        /// It is noted that from here on the files may be new.
        case begin
        /// The service is stopped.
        case stop
        /// Its process ends.
        case awaitEnd
        /// The new files take their places.
        case swap
        /// The service takes them up.
        case take
        /// It runs, and goes on running.
        case awaitRun
        /// The agent reaches a broker.
        case confirm
        /// It is noted that the new files stay.
        case commit
        /// What was written is removed.
        case discard
        /// The old files take their places again.
        case restore
        /// The service takes them up again.
        case retake
        /// It runs again.
        case awaitOldRun
        /// It is noted that the old files stay.
        case close
    }

    /// How a step went.
    public enum Event: Sendable, Equatable {
        /// As it should, or there was nothing to do.
        case done
        /// It did not, for this reason.
        case failed(String)
    }

    /// What follows.
    public enum Next: Sendable, Equatable {
        /// This step.
        case perform(Step)
        /// Nothing: it came to this.
        case end(ReplacementOutcome)
    }

    private let isDryRun: Bool
    private var plan: [Step]
    private var outcome: ReplacementOutcome?
    private var current: Step?

    private static let forward: [Step] = [
        .stage, .check, .keep, .begin, .stop, .awaitEnd, .swap, .take, .awaitRun, .confirm, .commit,
    ]
    private static let back: [Step] = [.restore, .retake, .awaitOldRun, .close]

    /// A replacement from its beginning.
    ///
    /// - Parameter isDryRun: Whether it ends with the check.
    public init(isDryRun: Bool = false) {
        self.isDryRun = isDryRun
        plan = isDryRun ? [.stage, .check, .discard] : Self.forward
    }

    /// The way back of a replacement that was cut off.
    public init(undoing reason: String) {
        isDryRun = false
        plan = Self.back
        outcome = ReplacementOutcome(.configurationRolledBack, reason)
    }

    /// The step that was cut off is over; the first call has no event.
    public mutating func next(after event: Event? = nil) -> Next {
        if case .failed(let reason)? = event, let current { failed(current, reason) }
        guard !plan.isEmpty else { return .end(outcome ?? success) }
        let step = plan.removeFirst()
        current = step
        return .perform(step)
    }

    private var success: ReplacementOutcome {
        isDryRun
            ? ReplacementOutcome(.success, "The new config passes the check; nothing was touched.") : .replaced
    }

    private mutating func failed(_ step: Step, _ reason: String) {
        switch step {
        case .stage, .check, .keep, .begin:
            plan = [.discard]
            outcome = ReplacementOutcome(Self.code(of: step), Self.text(of: step, reason))
        case .stop, .awaitEnd, .swap, .take, .awaitRun, .confirm, .commit:
            plan = Self.back
            outcome = ReplacementOutcome(Self.code(of: step), Self.text(of: step, reason))
        // It is found and removed by the next replacement.
        case .discard: break
        case .restore, .retake, .awaitOldRun: notRestored(step, reason)
        // The way back is gone again when somebody finds that it was not noted, and comes to the same end.
        case .close: break
        }
    }

    /// Goes on all the same: old files without a running service are better than neither.
    private mutating func notRestored(_ step: Step, _ reason: String) {
        guard outcome?.code != .configurationNotRestored else { return }
        let before = outcome.map { "\($0.message) " } ?? ""
        outcome = ReplacementOutcome(.configurationNotRestored, before + Self.text(of: step, reason))
        // It is tried again by whoever comes next.
        plan.removeAll { $0 == .close }
    }

    /// What a step that fails is answered with.
    static func code(of step: Step) -> ResultCode {
        switch step {
        case .stage, .discard: .configurationNotWritten
        case .check: .configurationBroken
        case .keep, .begin: .configurationNotKept
        case .stop: .serviceNotStopped
        case .awaitEnd: .serviceStillRunning
        case .swap: .configurationNotReplaced
        case .take, .awaitRun, .confirm, .commit: .configurationRolledBack
        case .restore, .retake, .awaitOldRun, .close: .configurationNotRestored
        }
    }

    private static func text(of step: Step, _ reason: String) -> String {
        switch step {
        case .stage: "Failed to write new config: \(reason)"
        case .check: "New config seems broken!: \(reason)"
        case .keep, .begin: "Failed to back up old config file! \(reason)"
        case .swap: "Failed to replace config file! \(reason)"
        case .restore: "Failed to recover old config file!: \(reason)"
        case .retake, .awaitOldRun: "Failed to start with old config!: \(reason)"
        case .stop, .awaitEnd, .take, .awaitRun, .confirm, .commit, .discard, .close: reason
        }
    }
}
