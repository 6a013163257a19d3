import CSystem
import Glibc

/// All processes of one command: its session, all that descends from it, and all that has its run in the environment.
///
/// Only a process that threw the variable away, left the session and lost its parent before the first look escapes.
struct ProcessTree {
    let leader: pid_t
    let run: RunID
    /// What will be told when it is gone.
    var ending = ChildOutcome.Ending.interrupted
    /// When it is killed.
    private(set) var killAt = ContinuousClock.Instant.now
    /// The members that were found alive last.
    var members: [csystem_process] = []
    /// The members that were told to end, by pid with their start; they stay members when their parents die.
    private var known: [pid_t: UInt64] = [:]

    /// Whoever has not gone this long after SIGKILL is stuck in the kernel.
    static let patience = Duration.seconds(5)

    init(leader: pid_t, run: RunID) {
        self.leader = leader
        self.run = run
    }

    /// When we give up.
    var giveUpAt: ContinuousClock.Instant { killAt + Self.patience }

    /// Begins the end, or makes it come earlier.
    mutating func end(by instant: ContinuousClock.Instant, isFirst: Bool) {
        killAt = isFirst ? instant : min(killAt, instant)
    }

    /// Whether the process was a member before; a pid that was used anew has another start.
    func knows(_ process: csystem_process) -> Bool {
        known[process.pid] == process.start
    }

    /// Sends what is due: SIGTERM (and SIGCONT, so that a stopped process hears it) to new members, later SIGKILL to
    /// all.
    mutating func signal(now: ContinuousClock.Instant, table: ProcessTable) {
        let kills = now >= killAt
        for member in members where kills || !knows(member) {
            known[member.pid] = member.start
            Self.send(kills ? [SIGKILL] : [SIGTERM, SIGCONT], to: member, table: table)
        }
    }

    /// Sends the signals to this very process: the descriptor is opened first and the start compared then, so that a
    /// stranger with a pid that was used anew is never hit.
    private static func send(_ signals: [Int32], to process: csystem_process, table: ProcessTable) {
        let descriptor = csystem_pidfd_open(process.pid)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard table.process(process.pid)?.start == process.start else { return }
        for signal in signals {
            _ = csystem_pidfd_signal(descriptor, signal)
        }
    }
}
