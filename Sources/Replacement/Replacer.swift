public import CommandCatalog
import Files
import Glibc

/// Replaces a configuration: does what ``ReplacementMachine`` says, step by step.
///
/// It is a program's whole work: it waits, and is ended by a signal, after which it goes back to the old configuration.
public struct Replacer {
    private let order: ReplacementOrder
    private let isCancelled: @Sendable () -> Bool
    private let log: (String) -> Void
    private let directory: String
    private let versions: VersionStore
    private let clock: () -> Timestamp

    /// How often a request that was cut off is begun.
    private static let mostAttempts: Int64 = 3

    /// A replacer.
    ///
    /// - Parameters:
    ///   - order: What is to be done.
    ///   - isCancelled: Whether to go back to the old configuration.
    ///   - log: Told what is done, in words.
    ///   - clock: What time it is, for the history.
    public init(
        _ order: ReplacementOrder, isCancelled: @escaping @Sendable () -> Bool = { false },
        log: @escaping (String) -> Void = { _ in }, clock: @escaping () -> Timestamp = { .now }
    ) {
        (self.order, self.isCancelled, self.log, self.clock) = (order, isCancelled, log, clock)
        directory = ServiceDirectory.path(of: order.request.service, in: order.stateDirectory)
        versions = VersionStore(of: order.request.service, in: order.stateDirectory)
    }

    /// Does it.
    public func run() -> ReplacementOutcome {
        do throws(FileFailure) {
            guard let lock = try ReplacementLock(directory) else { return .busy(order.request.service) }
            defer { withExtendedLifetime(lock) {} }
            return try run(with: lock)
        } catch {
            return ReplacementOutcome(.configurationNotWritten, "Failed to write new config: \(error)")
        }
    }

    private func run(with lock: ReplacementLock) throws(FileFailure) -> ReplacementOutcome {
        let found = try TransactionRecord.read(record)
        var attempt: Int64 = 1
        if let (record, phase) = found {
            if phase.isOpen {
                let undone = undo(record, phase)
                guard undone.code == .configurationRolledBack, order.request.change != .finish else { return undone }
                if record.request == order.identity { attempt = record.attempt + 1 }
                if attempt > Self.mostAttempts { return undone }
            } else if let outcome = over(record, phase) {
                return outcome
            }
        }
        guard order.request.change != .finish else {
            return ReplacementOutcome(.success, "There was nothing to finish.")
        }
        return try replace(attempt: attempt)
    }

    private var record: String { "\(directory)/transaction" }

    /// What a replacement had come to that was cut off behind its end.
    private static func outcome(of phase: TransactionRecord.Phase) -> ReplacementOutcome? {
        switch phase {
        case .committed: .replaced
        case .undone:
            ReplacementOutcome(.configurationRolledBack, "The new config did not do well; the old one is in force.")
        case .staging, .touching, .swapping, .discarded: nil
        }
    }

    /// Looks after a replacement that had come to its end; where it is ours, nobody had heard of that.
    private func over(_ record: TransactionRecord, _ phase: TransactionRecord.Phase) -> ReplacementOutcome? {
        let isOurs = record.request == order.identity
        if phase == .committed { work(on: record, hasTaken: true).tidyUp(origin: isOurs ? .replaced : nil) }
        return isOurs ? Self.outcome(of: phase) : nil
    }

    /// The work on what a replacement before this one has noted.
    private func work(on record: TransactionRecord, hasTaken: Bool) -> ReplacementWork {
        var work = ReplacementWork(
            order: order, definition: record.definition, record: self.record, versions: versions,
            tools: ServiceTools(cancellation: Cancellation(isCancelled)), service: record.service, hasTaken: hasTaken)
        work.files = record.files
        work.time = clock()
        return work
    }

    /// Goes the way back of a replacement that was cut off.
    private func undo(_ record: TransactionRecord, _ phase: TransactionRecord.Phase) -> ReplacementOutcome {
        log("a replacement was cut off; going back to the old config")
        let reason = "A replacement was cut off; the old config is in force again."
        var work = work(on: record, hasTaken: phase == .swapping)
        guard phase != .staging else {
            try? work.discard()
            try? TransactionRecord.mark(.discarded, in: self.record)
            return ReplacementOutcome(.configurationRolledBack, reason)
        }
        return drive(ReplacementMachine(undoing: reason), &work)
    }

    private func replace(attempt: Int64) throws(FileFailure) -> ReplacementOutcome {
        let set = try FileSet(order, versions: versions)
        var work = ReplacementWork(
            order: order, definition: order.definition, record: record, versions: versions,
            tools: ServiceTools(cancellation: Cancellation(isCancelled)), service: order.request.service,
            hasTaken: false)
        work.fileSet = set
        work.attempt = attempt
        work.time = clock()
        guard !work.isForeign else { return .busy(order.request.service) }
        work.wasReached = order.confirmation == .asBefore && work.contact.isThere
        var outcome = drive(ReplacementMachine(isDryRun: order.request.isDryRun), &work)
        if order.request.wantsDifference, !work.difference.isEmpty { outcome.message += "\n\n" + work.difference }
        return outcome
    }

    private func drive(_ machine: ReplacementMachine, _ work: inout ReplacementWork) -> ReplacementOutcome {
        var machine = machine
        var next = machine.next()
        while case .perform(let step) = next {
            let event = work.perform(step)
            if case .failed(let reason) = event { log("\(step.rawValue): \(reason)") } else { log(step.rawValue) }
            next = machine.next(after: event)
        }
        guard case .end(let outcome) = next else { preconditionFailure("a machine that does not end") }
        return outcome
    }
}
