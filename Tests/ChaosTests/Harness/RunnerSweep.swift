import Glibc
import TestSupport

/// Whose call a point of the start and finish path is.
enum SweepRole: String, CaseIterable {
    case runner = "recoverd-runner"
    case supervisor = "recoverd-super"
    /// The supervisor's child until it has executed the command's program, that call included.
    case command = "command"
}

/// The calls of one undisturbed task on the side of the runner.
struct RunnerPoints {
    /// All, by role.
    var all: [SweepRole: [SweepPoint]] = [:]
    /// How often the supervisor makes each call before it stands still for us.
    var before: [String: Int] = [:]

    /// The call at which a supervisor can be stopped: the runner itself does not make it.
    static let stop = "setsid"

    /// Counts the calls that a trace of the runner and all below it tells of.
    init(_ story: TraceStory, runner: pid_t) {
        var counts: [SweepRole: [SweepPoint: Int]] = [:]
        var hasStopped = false
        var executors: Set<pid_t> = []
        for call in story.calls {
            guard let role = story.role(of: call.thread, runner: runner), !executors.contains(call.thread) else {
                continue
            }
            if call.call == "execve" { executors.insert(call.thread) }
            if role == .supervisor, call.call == Self.stop { hasStopped = true }
            if role == .supervisor, !hasStopped { before[call.call, default: 0] += 1 }
            let point = SweepPoint(thread: role.rawValue, index: 0, call: call.call, number: 0)
            counts[role, default: [:]][point, default: 0] += 1
        }
        all = counts.mapValues(Rig.numbered)
    }
}

extension TraceStory {
    /// Whose the calls of a thread are; `nil`: of something that a command started.
    func role(of thread: pid_t, runner: pid_t) -> SweepRole? {
        if thread == runner { return .runner }
        guard let parent = parents[thread] else { return nil }
        if parent == runner { return .supervisor }
        return parents[parent] == runner ? .command : nil
    }
}

extension Rig {
    /// The calls that runner, supervisor and the command's process make for one task when nothing disturbs them.
    func pointsOfRunner() async throws -> RunnerPoints? {
        guard let runner = agent.runner else { return nil }
        let strace = try await Strace(runner, follows: true, calls: SweepPoint.calls)
        try await run([ChaosTask("undisturbed")])
        try await pause(.milliseconds(500))
        strace.detach()
        return RunnerPoints(strace.story, runner: runner)
    }

    /// Kills the runner, a supervisor, or what is about to be the command, at a point of one task's way.
    ///
    /// Only who is meant is traced, so nobody else dies: a runner that dies costs no task anything, a supervisor at most
    /// one its real code, and a command ends as one that was killed.
    ///
    /// - Returns: Whether it died there.
    func killOne(_ role: SweepRole, at point: SweepPoint, of points: RunnerPoints, task: ChaosTask) async throws -> Bool
    {
        var found: pid_t?
        try await wait(within: .seconds(5)) {
            found = agent.runner
            return found != nil
        }
        guard let runner = found else { return false }
        let before = points.before[point.call] ?? 0
        let isStopped =
            role == .command || (role == .supervisor && point.number > before && point.call != RunnerPoints.stop)
        let victim = isStopped ? try await stoppedSupervisor(of: runner, task) : runner
        guard let victim else { return false }
        let number = isStopped && role == .supervisor ? point.number - before : point.number
        let strace = try await Strace(
            victim, follows: role == .command || (role == .supervisor && !isStopped), calls: point.call,
            inject: ["\(point.call):signal=KILL:when=\(number)"])
        if isStopped { kill(victim, SIGCONT) }
        let isHit = try await tell(task, isSent: isStopped) { strace.hasKilled }
        if isHit {
            countFault()
            // Where supervisor and command make the same call, the supervisor comes first.
            let isCommand = role == .command && strace.story.killed[victim] == nil
            if isCommand { noteHit(task.id) } else if role != .runner { allowInterruption() }
        }
        try await settle()
        strace.detach()
        return isHit
    }

    /// Kills the runner before it notes the supervisor's number, and the supervisor when the command has begun, before
    /// it completes the claim.
    ///
    /// - Returns: Whether both died there.
    func killBothBeforeTheNote(_ task: ChaosTask, _ points: RunnerPoints) async throws -> Bool {
        let writes = points.all[.supervisor]?.filter { $0.call == "pwrite64" }.count ?? 0
        guard let runner = agent.runner, writes > 0 else { return false }
        let supervisor = try await stoppedSupervisor(of: runner, task, inject: "pwrite64:signal=KILL:when=2")
        guard let supervisor, !Processes.isAlive(runner) else { return false }
        let strace = try await Strace(
            supervisor, follows: false, calls: "clone,pwrite64", inject: ["pwrite64:signal=KILL:when=\(writes)"])
        kill(supervisor, SIGCONT)
        let isHit = try await tell(task, isSent: true) { strace.hasKilled }
        countFault(2)
        allowInterruption()
        try await settle()
        strace.detach()
        return isHit
    }

    /// Sends a task and has its supervisor stand still before it starts the command.
    func stoppedSupervisor(of runner: pid_t, _ task: ChaosTask, inject: String...) async throws -> pid_t? {
        let stop = RunnerPoints.stop
        let calls = [stop] + inject.map { String($0.prefix { $0 != ":" }) }
        let strace = try await Strace(
            runner, follows: true, calls: calls.joined(separator: ","),
            inject: ["\(stop):signal=STOP:when=1"] + inject)
        sender.submit([task])
        try await wait(within: .seconds(10)) { strace.lines.contains { $0.contains("--- stopped by SIGSTOP") } }
        strace.detach()
        var found: pid_t?
        try await wait(within: .seconds(5)) {
            found = agent.supervisors.first { Processes.state($0)?.letter == "T" }
            return found != nil
        }
        return found
    }
}
