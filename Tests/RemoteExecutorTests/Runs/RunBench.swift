import CSystem
import Glibc
import Logging
import Synchronization
import TestSupport
import Testing

@testable import CommandCatalog
@testable import RemoteExecutor

/// A runtime directory with a real runner, and commands to experiment with.
///
/// All processes that were started in it are killed with the bench.
final class RunBench: Sendable {
    /// The program that the build laid beside the tests.
    static let program = RunnerProgram.path ?? "/nonexistent/recoverd-runner"

    let runtime: TemporaryDirectory
    let grace: Duration
    let patience: Duration
    let bounds: OutputBounds
    private let installed: String?
    private let runner = Mutex<ChildProgram?>(nil)
    private let agent = Mutex<CommandRuns?>(nil)
    private let inbox = Inbox()

    /// Makes the directory and an agent.
    ///
    /// - Parameters:
    ///   - grace: Between SIGTERM and SIGKILL.
    ///   - patience: How long a runner may take for an answer.
    ///   - bounds: How much output is kept.
    ///   - hasRunner: Whether a runner is started now.
    ///   - installed: Where the agent finds the runner's program.
    /// - Throws: They cannot be made, or the runner does not listen.
    init(
        grace: Duration = .seconds(10), patience: Duration = .seconds(10), bounds: OutputBounds = OutputBounds(),
        hasRunner: Bool = true, installed: String? = RunBench.program
    ) throws {
        runtime = try TemporaryDirectory()
        (self.grace, self.patience, self.bounds, self.installed) = (grace, patience, bounds, installed)
        if hasRunner { try startRunner() }
        try startAgent()
    }

    deinit {
        agent.withLock { $0 }?.stop()
        for pid in processes { kill(pid, SIGKILL) }
    }

    /// What asks and watches.
    var runs: CommandRuns {
        guard let runs = agent.withLock({ $0 }) else { preconditionFailure("made in init") }
        return runs
    }

    /// Starts the runner, and waits until it listens.
    func startRunner(words: [String] = []) throws {
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        let program = try ChildProgram(words + [Self.program, "--runtime", runtime.path, "--stay"], output: null)
        runner.withLock { $0 = program }
        var descriptor: Int32 = -1
        for _ in 0..<5000 where descriptor < 0 {
            descriptor = csystem_connect_local(runtime.path("runner.sock"))
            if descriptor < 0 { usleep(2000) }
        }
        try #require(descriptor >= 0, "the runner does not listen")
        close(descriptor)
    }

    /// The runner that the bench started.
    var runnerProgram: ChildProgram {
        guard let program = runner.withLock({ $0 }) else { preconditionFailure("the bench has no runner") }
        return program
    }

    /// Makes a new agent in the same runtime directory; the one before it stops first.
    func startAgent() throws {
        agent.withLock { $0 }?.stop()
        let new = try CommandRuns(
            runtime: runtime.path, boot: "boot", bounds: bounds, grace: grace, patience: patience, program: installed,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        new.begin(
            RunLoop.Handlers(
                ended: { [inbox] in inbox.take($0) }, isWanted: { [inbox] in !inbox.unwanted.all.contains($0) }))
        agent.withLock { $0 = new }
    }

    /// Everything that was told so far.
    var ends: [RunEnd] { inbox.ended.all }

    /// From now on nobody needs the file of this run.
    func forget(_ run: RunID) { inbox.unwanted.append(run) }
}

/// What the thread of the runs tells.
///
/// The thread must not hold the bench, or it would be the one that tears it down.
private final class Inbox: Sendable {
    let ended = Collected<RunEnd>()
    let unwanted = Collected<RunID>()
    let waiting = Mutex<[RunID: CheckedContinuation<RunEnd.Kind, Never>]>([:])

    func take(_ ends: [RunEnd]) {
        for end in ends {
            ended.append(end)
            waiting.withLock { $0.removeValue(forKey: end.run) }?.resume(returning: end.kind)
        }
    }
}

// MARK: - Running

extension RunBench {
    /// A command with this invocation.
    static func command(_ invocation: Invocation, _ settings: CommandSettings = .init()) throws -> Command {
        let name = try #require(Name("test"))
        return Command(service: name, name: name, invocation: invocation, settings: settings)
    }

    /// Settings that differ from the defaults as the closure says.
    static func settings(_ change: (inout CommandSettings) -> Void) -> CommandSettings {
        var settings = CommandSettings()
        change(&settings)
        return settings
    }

    /// Waits for the end of a run that is asked for here.
    func end(of run: RunID, _ ask: (CommandRuns) -> Void) async -> RunEnd.Kind {
        await withCheckedContinuation { continuation in
            inbox.waiting.withLock { $0[run] = continuation }
            ask(runs)
        }
    }

    /// Runs the command to its end.
    func run(_ command: Command, run: RunID = RunID(), isWatched: Bool = false) async throws -> RunOutcome {
        let kind = await end(of: run) {
            $0.start([RunRequests.Start(command: command, run: run, isWatched: isWatched)])
        }
        return try Self.outcome(kind)
    }

    /// What became of a run that was ended, not revoked.
    static func outcome(_ kind: RunEnd.Kind) throws -> RunOutcome {
        guard case .ended(let outcome) = kind else { throw SystemFailure("the run was revoked") }
        return outcome
    }

    /// Runs the command to its end.
    func run(
        _ invocation: Invocation, _ settings: CommandSettings = .init(), run: RunID = RunID()
    ) async throws -> RunOutcome {
        try await self.run(try Self.command(invocation, settings), run: run)
    }

    /// Runs a line of the shell to its end.
    func shell(_ line: String, _ settings: CommandSettings = .init(), run: RunID = RunID()) async throws -> RunOutcome {
        try await self.run(.shell(line), settings, run: run)
    }

    /// Has the agent take over a run of an agent before it.
    func attach(_ command: Command, run: RunID) async -> RunEnd.Kind {
        await end(of: run) { $0.attach([RunRequests.Start(command: command, run: run, isWatched: false)]) }
    }

    /// Starts a line of the shell, and returns when its process is there.
    func begin(_ line: String, _ settings: CommandSettings = .init(), run: RunID = RunID()) async throws -> Command {
        let command = try Self.command(.shell(line), settings)
        runs.start([RunRequests.Start(command: command, run: run, isWatched: false)])
        try await eventually("the command's process") { !Self.survivors(of: run).isEmpty }
        return command
    }
}

// MARK: - Processes

extension RunBench {
    /// The processes of this bench's runners and supervisors.
    var processes: [pid_t] {
        let own = "--runtime\0\(runtime.path)\0"
        return Self.allProcesses.filter { Self.text(of: "/proc/\($0)/cmdline").contains(own) }
    }

    /// The runners that go on.
    var runners: [pid_t] { processes.filter { Self.name(of: $0) == "recoverd-runner" } }

    /// The supervisor of a run, by its file.
    func supervisor(of run: RunID) async throws -> pid_t {
        var found: pid_t = 0
        try await eventually("the supervisor") {
            if case .alive(let pid) = runs.file(run).evidence(limit: 0, command: nil) { found = pid }
            return found > 0
        }
        return found
    }

    /// The living processes of this host that have the run in their environment.
    static func survivors(of run: RunID) -> [pid_t] {
        allProcesses.filter {
            text(of: "/proc/\($0)/environ").split(separator: "\0").contains("RECOVERD_RUN=\(run.marker)")
        }
    }

    private static var allProcesses: [pid_t] { entries(of: "/proc").compactMap { pid_t($0) } }

    private static func name(of pid: pid_t) -> String { String(text(of: "/proc/\(pid)/comm").dropLast()) }

    private static func text(of path: String) -> String {
        String(decoding: RunFile.bytes(of: path, at: 0, count: 1 << 17), as: UTF8.self)
    }

    /// The names in a directory, but for those that begin with a dot.
    static func entries(of path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                names.append(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
            }
        }
        return names.filter { !$0.hasPrefix(".") }
    }

    /// How many processes have this one as their parent.
    static func children(of pid: pid_t) -> Int {
        text(of: "/proc/\(pid)/task/\(pid)/children").split(separator: " ").count
    }

    /// The names of a process's threads.
    static func threads(of pid: pid_t) -> [String] {
        entries(of: "/proc/\(pid)/task").map { String(text(of: "/proc/\(pid)/task/\($0)/comm").dropLast()) }
    }
}

extension RunOutcome {
    /// The failure of a command that never ran.
    var failure: StartFailure? {
        guard case .notStarted(let failure) = ending else { return nil }
        return failure
    }

    /// The exit code, as a shell has it; `nil` where the command did not end by itself.
    var code: Int32? {
        switch ending {
        case .exited(let status): status
        case .signaled(let signal): 128 + signal
        case .timedOut, .cancelled, .interrupted, .notStarted: nil
        }
    }
}
