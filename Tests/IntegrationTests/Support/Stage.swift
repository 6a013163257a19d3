import Glibc
import JSON
import Synchronization
import TestSupport

/// What most tests begin with: a broker, an agent with some commands of the service `t`, and a sender.
///
/// A command that is ``held(_:)`` runs until the stage's gate is opened, and ``note`` tells that it was executed.
final class Stage: Sendable {
    let broker: BrokerFixture
    let agent: AgentFixture
    let sender: Sender
    /// What the commands wrote.
    let directory: TemporaryDirectory
    private let gate: Mutex<CInt>

    /// Sets it all up, and takes the sender down whatever happens.
    ///
    /// - Parameters:
    ///   - members: Of the main file.
    ///   - place: Where the agent has its directories.
    ///   - environment: Of the agent.
    ///   - prefix: The program that starts it, where it is not started by itself.
    ///   - commands: Those of the service `t`; the directory is where they may write.
    ///   - body: The test.
    /// - Throws: What the test throws, or that something could not be started.
    static func with(
        _ members: JSONObject = [:], in place: TemporaryDirectory? = nil, environment: [String: String] = [:],
        prefix: [String] = [], commands: (TemporaryDirectory) -> JSONValue, _ body: (Stage) async throws -> Void
    ) async throws {
        let (broker, directory) = (
            try await BrokerFixture(BrokerFixture.Options(isPersistent: true)), try TemporaryDirectory()
        )
        // Shut before the first command may ask.
        let gate = open(directory.path("gate"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard gate >= 0, flock(gate, LOCK_EX) == 0 else { throw SystemFailure("gate", errno) }
        var members = members
        members["Services"] = ["t": ["commands": commands(directory)]]
        let agent: AgentFixture
        do {
            agent = try await AgentFixture(broker, members, in: place, environment: environment, prefix: prefix)
        } catch {
            close(gate)
            throw error
        }
        try await Sender.with(broker) { sender in
            try await body(Stage(broker, agent, sender, directory, gate))
        }
    }

    private init(
        _ broker: BrokerFixture, _ agent: AgentFixture, _ sender: Sender, _ directory: TemporaryDirectory, _ gate: CInt
    ) {
        (self.broker, self.agent, self.sender, self.directory) = (broker, agent, sender, directory)
        self.gate = Mutex(gate)
    }

    deinit { openGate() }

    /// A line of the shell that notes its execution and waits until the gate is open, before the rest.
    static func held(_ rest: String, in directory: TemporaryDirectory) -> JSONValue {
        .string("\(noted(in: directory)); flock -s \(directory.path("gate")) true; \(rest)")
    }

    /// A line of the shell that notes its execution.
    static func noted(_ word: String = "x", in directory: TemporaryDirectory) -> String {
        "echo \(word) >>\(directory.path("ledger"))"
    }

    /// Lets all commands go on.
    func openGate() {
        gate.withLock { gate in
            if gate >= 0 { close(gate) }
            gate = -1
        }
    }

    /// What was executed, in its order.
    var executed: [String] {
        ((try? directory.text(of: "ledger")) ?? "").split(separator: "\n").map(String.init)
    }

    /// Waits until so many executions began.
    func executions(_ count: Int) async throws {
        do {
            try await eventually("\(count) executions") { executed.count >= count }
        } catch {
            let answers = sender.answers.map { "\($0.members["task_id"]?.text ?? "?"): \($0.code ?? -1)" }
            throw SystemFailure("\(error); now \(executed.count), answers: \(answers), log: \(agent.log.suffix(2000))")
        }
    }

    /// Waits until the agent has dealt with all that was published before.
    func settle() async throws {
        let id = JSONValue.string("settle-\(UInt64.random(in: 0 ... .max))")
        _ = try await sender.ask(id, ["service": "agent", "command": "ping"])
    }

    /// Ends the agent and starts it again.
    func restart(_ signal: CInt = SIGTERM, environment: [String: String] = [:]) async throws {
        agent.end(signal)
        try await agent.start(broker, environment: environment)
    }

    /// Moves the latest time that the journal of a stopped agent has seen.
    func moveHighWater(days: Int) throws {
        let script = """
            import sqlite3, sys
            with sqlite3.connect(sys.argv[1]) as journal:
                journal.execute("UPDATE meta SET value = value + ? WHERE name = 'high-water'", (int(sys.argv[2]),))
            """
        let journal = agent.directory.path("state/journal.sqlite")
        try ChildProgram.run("/usr/bin/python3", "-c", script, journal, "\(days * 86_400_000_000_000)")
    }

    /// What `agent status` says.
    func status() async throws -> JSONObject {
        let id = JSONValue.string("status-\(UInt64.random(in: 0 ... .max))")
        return try await sender.ask(id, ["service": "agent", "command": "status"]).content ?? [:]
    }
}
