import Glibc
import JSON
import Synchronization
import TestSupport

/// Brokers, an agent, a sender and the ledgers of one scenario.
final class Rig: Sendable {
    /// What is different from the usual.
    struct Options: Sendable {
        /// How many brokers the agent has.
        var brokers = 1
        /// How the brokers are.
        var broker = BrokerFixture.Options(maximumQueued: 200_000)
        /// Whether the agent reaches its first broker through a ``FaultProxy`` only.
        var hasProxy = false
        /// Members of the agent's main file.
        var members: JSONObject = [:]
        /// How the agent is started.
        var surroundings = ChaosAgent.Surroundings()
        /// After how long the sender repeats; `nil`: never.
        var retry: Duration? = .seconds(2)
        /// How many tasks of the sender may wait for their answers.
        var outstanding = 64
        /// How many tasks may be interrupted.
        var mayInterrupt = 0
        /// How many may be refused or expire.
        var mayRefuse = 0
        /// After so long without an answer the rest is given up as unanswered.
        var patience = Duration.seconds(30)
        /// Whether fewer descriptors, spools and zombies than before are looked for.
        var looksForLeftovers = true
    }

    let options: Options
    let brokers: [BrokerFixture]
    let proxy: FaultProxy?
    let agent: ChaosAgent
    let sender: TaskSender
    let ledgers: LedgerFiles
    /// The scenario's own chance, for what it starts besides.
    private let scenario: String

    private struct Notes {
        var faults = 0
        var mayInterrupt = 0
        var excused: Set<String> = []
        var hit: Set<String> = []
        var complaints: [String] = []
    }

    private let notes = Mutex(Notes())

    /// Starts the brokers and the sender, but not the agent.
    init(_ scenario: String, _ options: Options) async throws {
        self.options = options
        self.scenario = scenario
        notes.withLock { $0.mayInterrupt = options.mayInterrupt }
        var brokers: [BrokerFixture] = []
        for _ in 0..<options.brokers { brokers.append(try await BrokerFixture(options.broker)) }
        self.brokers = brokers
        let proxy = try options.hasProxy ? FaultProxy(to: brokers[0].port) : nil
        self.proxy = proxy
        var ports = brokers.map(\.port)
        let directory = try TemporaryDirectory()
        let ledgers = try LedgerFiles(in: directory)
        self.ledgers = ledgers
        sender = try await TaskSender(
            ports, ledgers: ledgers, retry: options.retry, outstanding: options.outstanding,
            generator: Chaos.generator(scenario + " sender"))
        if let proxy { ports[0] = proxy.port }
        agent = try ChaosAgent(ports: ports, ledger: ledgers.executedPath, options.members)
    }

    /// The broker of scenarios that have one.
    var broker: BrokerFixture { brokers[0] }

    /// How many faults were made.
    var faults: Int { notes.withLock { $0.faults } }

    /// Counts a fault.
    func countFault(_ count: Int = 1) { notes.withLock { $0.faults += count } }

    /// How many tasks may be interrupted.
    var mayInterrupt: Int { notes.withLock { $0.mayInterrupt } }

    /// Says that the fault may have interrupted a task.
    func allowInterruption(_ count: Int = 1) { notes.withLock { $0.mayInterrupt += count } }

    /// The tasks whose commands do not end as the ledger says: the scenario judges them itself.
    var excused: Set<String> { notes.withLock { $0.excused } }

    /// Says that a task's command does not end as the ledger says.
    func excuse(_ id: String) { notes.withLock { _ = $0.excused.insert(id) } }

    /// The tasks whose commands the fault itself may have killed.
    var hit: Set<String> { notes.withLock { $0.hit } }

    /// Says that the fault killed a task's command.
    func noteHit(_ id: String) { notes.withLock { _ = $0.hit.insert(id) } }

    /// What the scenario itself found.
    var complaints: [String] { notes.withLock { $0.complaints } }

    /// Says what is wrong, unless all is well.
    func expect(_ isWell: Bool, _ complaint: @autoclosure () -> String) {
        if !isWell { notes.withLock { $0.complaints.append(complaint()) } }
    }

    /// Another sender of the same brokers, with the same ledgers.
    func rival() async throws -> TaskSender {
        try await TaskSender(
            brokers.map(\.port), ledgers: ledgers, retry: options.retry, outstanding: options.outstanding,
            generator: Chaos.generator(scenario + " rival"))
    }

    /// How many commands began to run so far.
    func executed() throws -> Int { try ledgers.read().executed.count }

    /// Starts the agent and waits until it says that it is online.
    func startAgent(_ surroundings: ChaosAgent.Surroundings? = nil) async throws {
        let before = sender.onlines
        try agent.start(surroundings)
        try await eventually(within: .seconds(150), "the agent is online; it said: \(agent.log.suffix(2000))") {
            guard agent.isAlive else { throw SystemFailure("the agent ended; it said: \(agent.log.suffix(2000))") }
            return sender.onlines > before
        }
    }

    /// Kills the agent and starts it again.
    func killAgent() async throws {
        agent.end(SIGKILL)
        countFault()
        try await startAgent()
    }

    /// Queues tasks and waits until each is answered or nothing was answered for long.
    func run(_ tasks: [ChaosTask]) async throws {
        sender.submit(tasks)
        try await settle()
    }

    /// Waits until everything is answered, or nothing was answered for long: then the checker will tell.
    func settle() async throws {
        sender.excuse()
        while sender.left > 0, sender.quiet < options.patience { try await pause(.milliseconds(10)) }
    }

    /// Waits, and lets the sender go on.
    func pause(_ duration: Duration) async throws {
        let end = ContinuousClock.now + duration
        repeat {
            sender.pump()
            try await Task.sleep(for: min(.milliseconds(10), max(.milliseconds(1), end - .now)))
        } while .now < end
    }

    /// Waits until something is true, and lets the sender go on; gives up without a word, since the checker will tell.
    ///
    /// - Returns: Whether it became true.
    @discardableResult
    func wait(within limit: Duration = .seconds(30), _ isTrue: () throws -> Bool) async throws -> Bool {
        let end = ContinuousClock.now + limit
        while try !isTrue() {
            guard .now < end else { return false }
            try await pause(.milliseconds(10))
        }
        return true
    }

    /// Runs tasks and makes a number of faults spread over them.
    ///
    /// - Parameters:
    ///   - tasks: What is sent.
    ///   - count: How many faults.
    ///   - generator: When exactly each comes.
    ///   - fault: Makes one fault and counts it.
    /// - Throws: What the fault throws.
    func run(
        _ tasks: [ChaosTask], faults count: Int, _ generator: inout SeededGenerator,
        _ fault: (inout SeededGenerator) async throws -> Void
    ) async throws {
        let (first, share) = (sender.answered, max(1, tasks.count / (count + 1)))
        sender.submit(tasks)
        for number in 0..<count {
            let goal = first + number * share + Int.random(in: 0..<share, using: &generator)
            // A fault may be what keeps the answers away, so it is not waited for them for long.
            try await wait(within: .seconds(3)) { sender.answered >= goal }
            try await pause(.microseconds(Int.random(in: 0...30_000, using: &generator)))
            try await fault(&generator)
        }
        try await settle()
    }
}
