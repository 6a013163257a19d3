import Glibc
import JSON
import Synchronization
import TestSupport

/// An agent with directories of its own that is killed and started again and again.
final class ChaosAgent: Sendable {
    /// How it is started.
    struct Surroundings: Sendable {
        /// What is started and starts it, such as `prlimit`; each first word is an absolute path.
        var prefix: [String] = []
        /// Variables of its environment.
        var environment: [String: String] = [:]
    }

    /// The host that it says it is.
    static let host = "web01"

    let directory: TemporaryDirectory
    private let ledger: String
    private let child = Mutex<ChildProgram?>(nil)
    private let current = Mutex(Surroundings())

    /// Writes its configuration; it is not started.
    init(ports: [Int], ledger: String, _ members: JSONObject = [:]) throws {
        directory = try TemporaryDirectory()
        self.ledger = ledger
        let hosts = ports.map { JSONValue.string("127.0.0.1:\($0)") }
        var configuration: JSONObject = [
            "Host": hosts.count == 1 ? hosts[0] : .array(hosts), "Hostname": .string(Self.host),
            "ReconnectInterval": 1, "MaxConcurrent": 8,
            "Services": ChaosTask.services(ledger: ledger, directory: directory.path),
        ]
        for member in members.members { configuration[member.name] = member.value }
        try directory.write(JSONValue.object(configuration).bytes, to: "monitor-config.json")
    }

    /// Starts it, in the surroundings that hold from now on.
    func start(_ surroundings: Surroundings? = nil) throws {
        if let surroundings { current.withLock { $0 = surroundings } }
        let surroundings = current.withLock { $0 }
        let log = open(directory.path("log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard log >= 0 else { throw SystemFailure("open log", errno) }
        defer { close(log) }
        var arguments = [
            Self.program, "run", "--config", directory.path("monitor-config.json"), "--state", directory.path("state"),
        ]
        if Self.hasRuntimeDirectory { arguments += ["--runtime", runtime] }
        // The commands inherit nothing of it, but the runner does, and is known by it.
        let marks = ["RECOVERD_CHAOS_RIG=\(directory.path)"] + surroundings.environment.map { "\($0.key)=\($0.value)" }
        let program = try ChildProgram(
            ["/usr/bin/env"] + marks + surroundings.prefix + arguments, output: log)
        try directory.write("\(program.identifier)\n", to: "pid")
        child.withLock { $0 = program }
    }

    /// Sends it a signal and waits for its end; the exit status, or 128+n; -1 if it was not running.
    @discardableResult
    func end(_ signal: CInt = SIGKILL) -> CInt {
        let program = child.withLock { child in
            defer { child = nil }
            return child
        }
        guard let program else { return -1 }
        kill(Self.agent(of: program), signal)
        let status = program.wait()
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
    }

    /// Its process.
    var identifier: pid_t { child.withLock { $0.map(Self.agent) } ?? -1 }

    /// The agent of what was started: faketime stays its parent and waits for it.
    private static func agent(of program: ChildProgram) -> pid_t {
        guard Processes.name(program.identifier) == "faketime" else { return program.identifier }
        return Processes.children(of: program.identifier).first { Processes.name($0) == "recoverd-agent" }
            ?? program.identifier
    }

    /// Whether it runs.
    var isAlive: Bool { identifier > 0 && Processes.isAlive(identifier) }

    /// Where claims, exit records and spools are.
    var runtime: String { directory.path("runtime") }

    /// What it logged so far.
    var log: String { (try? directory.text(of: "log")) ?? "" }

    /// Its runner, if it has one: who holds the lock of the runtime directory.
    ///
    /// Not by name: a supervisor that was made this moment still has that of its maker, who may have been killed since.
    var runner: pid_t? {
        let file = open("\(runtime)/runner.lock", O_RDWR | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        guard fcntl(file, F_GETLK, &lock) == 0, lock.l_type != Int16(F_UNLCK) else { return nil }
        return lock.l_pid
    }

    /// The supervisors of running commands.
    var supervisors: [pid_t] {
        let named = ours.filter { Processes.name($0).hasPrefix("recoverd-super") }
        // A command that has not executed its program yet has the name of its supervisor.
        return named.filter { process in !named.contains { Processes.state(process)?.parent == $0 } }
    }

    /// Every process that belongs to it: itself, runner, supervisors, commands and what they started.
    var ours: [pid_t] { Processes.naming([directory.path, ledger]) }

    /// The agent beside the tests, or the one that `RECOVERD_CHAOS_AGENT` names, such as that of another release.
    private static var program: String {
        if let program = Chaos.agent { return program }
        let tests = String(Processes.text("/proc/self/cmdline").prefix { $0 != "\0" })
        let path = realpath("/proc/self/exe", nil)
        defer { free(path) }
        let program = path.map { String(cString: $0) } ?? tests
        return (program.lastIndex(of: "/").map { String(program[...$0]) } ?? "") + "recoverd-agent"
    }

    /// Whether this agent has a directory for what must not outlive the machine's run.
    static let hasRuntimeDirectory: Bool = {
        let help = try? ChildProgram.run(program, "run", "--help")
        return help?.contains("--runtime") ?? false
    }()
}
