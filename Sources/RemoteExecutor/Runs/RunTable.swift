import CSystem
import CommandCatalog
import Glibc

/// A run as its thread knows it.
final class Run {
    /// How far it is.
    enum Phase {
        /// The runner will be asked to start it as soon as it can be reached.
        case waiting
        /// The runner was asked to start it.
        case asked
        /// Nobody told us how far it came; its file is looked at.
        case unclear
        /// Its supervisor lives; the descriptor becomes readable at its end.
        case supervised(pidfd: Int32)
        /// Its supervisor was killed, and what it left is being killed.
        case swept
    }

    let id: RunID
    let command: Command
    /// Whether somebody wants to see the output as it comes.
    let isWatched: Bool
    /// What epoll calls it.
    let tag: UInt64
    var phase = Phase.waiting
    /// When it must have come further; then it is looked at.
    var deadline: ContinuousClock.Instant
    /// Since when it waits for the runner; how long that may take is bounded.
    var since: ContinuousClock.Instant
    /// How often its file was found without a claim in it.
    var looks = 0
    /// Whether its supervisor was seen, so that it cannot be started under another name any more.
    var wasSupervised = false
    /// Whether its end was asked for.
    var isCancelled = false

    /// Whether it may have been started, and nobody told us yet.
    var isOpen: Bool {
        switch phase {
        case .asked, .unclear: true
        case .waiting, .supervised, .swept: false
        }
    }

    init(_ start: RunRequests.Start, tag: UInt64, now: ContinuousClock.Instant, patience: Duration) {
        id = start.run
        command = start.command
        isWatched = start.isWatched
        self.tag = tag
        since = now
        deadline = now + patience
    }
}

/// The runs that go on, by what they are called.
struct RunTable {
    private var byTag: [UInt64: Run] = [:]
    private var tags: [RunID: UInt64] = [:]
    private var nextTag: UInt64

    init(firstTag: UInt64) {
        nextTag = firstTag
    }

    var all: Dictionary<UInt64, Run>.Values { byTag.values }
    var isEmpty: Bool { byTag.isEmpty }

    subscript(tag tag: UInt64) -> Run? { byTag[tag] }
    subscript(id id: RunID) -> Run? { tags[id].flatMap { byTag[$0] } }

    /// Takes a run in.
    mutating func insert(_ start: RunRequests.Start, now: ContinuousClock.Instant, patience: Duration) -> Run {
        let run = Run(start, tag: nextTag, now: now, patience: patience)
        nextTag += 1
        byTag[run.tag] = run
        tags[run.id] = run.tag
        return run
    }

    /// Forgets a run.
    mutating func remove(_ run: Run) {
        byTag[run.tag] = nil
        tags[run.id] = nil
    }
}
