import CommandCatalog
import Glibc
import Synchronization

/// Stops, starts and watches the service whose configuration is replaced.
protocol ServiceControl {
    /// Stops it, if it runs; nothing where its configuration is taken up in another way.
    mutating func stop() throws(ServiceFailure)
    /// Waits until it has ended.
    mutating func awaitEnd() throws(ServiceFailure)
    /// Has it take up what stands in its files: it is started, restarted, or told to read them.
    mutating func take() throws(ServiceFailure)
    /// Waits until it runs, and looks whether it goes on.
    mutating func awaitRun() throws(ServiceFailure)
    /// The same with the old files, whatever state it is in.
    mutating func retake() throws(ServiceFailure)
}

/// What a service did not do.
struct ServiceFailure: Error, Equatable {
    let reason: String

    init(_ reason: String) { self.reason = reason }

    /// That somebody wants the old configuration back.
    static let cancelled = ServiceFailure("The replacement was cancelled.")
}

/// Whether to go back to the old configuration; on the way back nobody asks any more.
final class Cancellation: Sendable {
    private let isAsked: @Sendable () -> Bool
    private let isIgnored = Atomic<Bool>(false)

    init(_ isAsked: @escaping @Sendable () -> Bool) { self.isAsked = isAsked }

    /// Whether to go back.
    var hasCome: Bool { !isIgnored.load(ordering: .relaxed) && isAsked() }

    /// Goes on whatever comes.
    func ignore() { isIgnored.store(true, ordering: .relaxed) }
}

/// What every control needs: how to run programs, how to wait, and when not to any more.
struct ServiceTools {
    let cancellation: Cancellation

    /// Whether to go back.
    @Sendable func isCancelled() -> Bool { cancellation.hasCome }

    /// Runs something for the service.
    func run(_ action: ConfigurationDefinition.Action) throws(ServiceFailure) {
        let end = ChildProgram.run(action.words(), timeout: action.timeout, isCancelled: isCancelled)
        guard end.isSuccess else { throw ServiceFailure(end.reason) }
    }

    /// Whether something ends with success.
    ///
    /// - Throws: That it is not executed, which says nothing about the service.
    func succeeds(_ action: ConfigurationDefinition.Action) throws(ServiceFailure) -> Bool {
        let end = ChildProgram.run(action.words(), timeout: action.timeout, isCancelled: isCancelled)
        if end.isRefused { throw ServiceFailure(end.reason) }
        return end.isSuccess
    }

    /// Looks again and again until it is true, or the time is over.
    func wait<Failure>(
        within time: Duration, every pause: Duration = .milliseconds(200), _ isTrue: () throws(Failure) -> Bool
    ) throws(Failure) -> Bool {
        let end = ContinuousClock.now + time
        while try !isTrue() {
            guard .now < end, !isCancelled() else { return false }
            usleep(UInt32(clamping: pause.milliseconds * 1000))
        }
        return true
    }

    /// Waits until the service runs, and looks whether it goes on for a while.
    func awaitRun(
        _ definition: ConfigurationDefinition, named name: Name, _ isRunning: () throws(ServiceFailure) -> Bool
    ) throws(ServiceFailure) {
        guard try wait(within: definition.startTime, isRunning) else {
            throw ServiceFailure("\(name) does not run \(definition.startTime.milliseconds / 1000) s after its start.")
        }
        let end = ContinuousClock.now + definition.settleTime
        while .now < end {
            if isCancelled() { throw .cancelled }
            usleep(200_000)
            guard try isRunning() else { throw ServiceFailure("\(name) ended soon after its start.") }
        }
    }
}

/// A service that the catalog's own words control.
struct PlainControl: ServiceControl {
    let name: Name
    let definition: ConfigurationDefinition
    let tools: ServiceTools
    /// Whether it may have taken up the new files.
    private var hasTaken = false

    init(_ name: Name, _ definition: ConfigurationDefinition, _ tools: ServiceTools, hasTaken: Bool) {
        (self.name, self.definition, self.tools, self.hasTaken) = (name, definition, tools, hasTaken)
    }

    private var isRunning: Bool {
        get throws(ServiceFailure) {
            guard let running = definition.running else { return true }
            return try tools.succeeds(running)
        }
    }

    mutating func stop() throws(ServiceFailure) {
        guard case .stopAndStart(let stop, _) = definition.taking, try isRunning else { return }
        try tools.run(stop)
    }

    mutating func awaitEnd() throws(ServiceFailure) {
        guard case .stopAndStart = definition.taking, let running = definition.running else { return }
        let hasEnded = try tools.wait(within: definition.startTime) { () throws(ServiceFailure) in
            try !tools.succeeds(running)
        }
        guard hasEnded else { throw ServiceFailure("\(name) goes on running after it was stopped.") }
    }

    mutating func take() throws(ServiceFailure) {
        hasTaken = true
        switch definition.taking {
        case .reload(let action), .restart(let action), .stopAndStart(_, let action): try tools.run(action)
        case .none, .agent, .collectd: break
        }
    }

    mutating func awaitRun() throws(ServiceFailure) {
        guard let running = definition.running else { return }
        try tools.awaitRun(definition, named: name) { () throws(ServiceFailure) in try tools.succeeds(running) }
    }

    mutating func retake() throws(ServiceFailure) {
        if case .stopAndStart(let stop, _) = definition.taking {
            // Where nobody can look, it is taken for running: two of it would be worse than the word that nobody can.
            let isRunning = (try? self.isRunning) ?? true
            guard hasTaken || !isRunning || definition.running == nil else { return }
            // One that does not run cannot be stopped, which is no failure here.
            if hasTaken, isRunning { try? tools.run(stop) }
        } else if !hasTaken {
            return
        }
        try take()
    }
}
