import Glibc
import TestSupport
import Testing

/// Runs one scenario: rig, faults, end of the agent, checker, what is left behind, row of the table.
///
/// - Parameters:
///   - name: The row's first cell; the scenario's chance comes from it and the seed.
///   - options: What is different from the usual.
///   - body: The faults; what it sends is waited for afterwards.
/// - Throws: A broker or the sender could not be started.
func scenario(
    _ name: String, _ options: Rig.Options = Rig.Options(),
    _ body: (Rig, inout SeededGenerator) async throws -> Void
) async throws {
    ChaosTable.say("chaos: \(name), seed \(Chaos.seed)")
    let begin = ContinuousClock.now
    let rig = try await Rig(name, options)
    var generator = Chaos.generator(name)
    var complaints: [String] = []
    do {
        try await rig.startAgent(options.surroundings)
        try await rig.run([ChaosTask("warm-up")])
        let before = Leftovers(of: rig.agent)
        try await body(rig, &generator)
        try await rig.settle()
        if options.looksForLeftovers { complaints += try await rig.complaintsAboutLeftovers(before) }
    } catch {
        complaints.append("the scenario could not go on: \(error)")
    }
    complaints += try await rig.end()
    var verdict = try Verdict(rig.ledgers.read(), hit: rig.hit)
    verdict.excuse(rig.excused)
    complaints += rig.complaints
    complaints += verdict.complaints(allowingInterrupted: rig.mayInterrupt, refused: options.mayRefuse)
    if rig.faults == 0 { complaints.append("no fault could be made") }
    ChaosTable.add(
        ChaosRow(
            scenario: name, commands: verdict.commands, faults: rig.faults, lost: verdict.lost.count,
            twice: verdict.twice.count, interrupted: verdict.interrupted.count, unanswered: verdict.unanswered.count,
            seconds: (ContinuousClock.now - begin) / .seconds(1), hasPassed: complaints.isEmpty))
    if !complaints.isEmpty { rig.keep(name) }
    for complaint in complaints { Issue.record("\(name), seed \(Chaos.seed): \(complaint)") }
}

/// What an idle agent holds.
struct Leftovers: Sendable, Equatable {
    var descriptors: Int
    /// The library's threads open one or two of their own when they are first needed; what leaks opens hundreds.
    static let slack = 2
    var zombies: Int
    var spools: [String]

    /// Counts what is there now.
    init(of agent: ChaosAgent) {
        let runner = agent.runner
        let parents = [agent.identifier] + (runner.map { [$0] } ?? [])
        descriptors = parents.reduce(0) { $0 + Processes.descriptors(of: $1) }
        zombies = parents.reduce(0) { sum, parent in
            sum + Processes.children(of: parent).count { Processes.state($0)?.letter == "Z" }
        }
        spools = Processes.names(in: agent.runtime + "/runs")
    }
}

extension Rig {
    /// What the idle agent holds more than before.
    func complaintsAboutLeftovers(_ before: Leftovers) async throws -> [String] {
        guard agent.isAlive else { return ["the agent is gone; it said: \(agent.log.suffix(1000))"] }
        var now = Leftovers(of: agent)
        try await wait(within: .seconds(10)) {
            now = Leftovers(of: agent)
            return now.descriptors <= before.descriptors + Leftovers.slack && now.zombies == 0 && now.spools.isEmpty
        }
        var complaints: [String] = []
        if now.descriptors > before.descriptors + Leftovers.slack {
            complaints.append("descriptors: \(before.descriptors) before, \(now.descriptors) after")
        }
        if now.zombies > 0 { complaints.append("\(now.zombies) zombies") }
        if !now.spools.isEmpty { complaints.append("left in the runtime directory: \(now.spools.prefix(8))") }
        return complaints
    }

    /// Stops everything; what of the agent is left after a clean stop is a complaint, and is killed.
    func end() async throws -> [String] {
        for broker in brokers { broker.resume() }
        agent.end(SIGTERM)
        var left = agent.ours
        if options.looksForLeftovers {
            try await wait(within: .seconds(20)) {
                left = agent.ours
                return left.isEmpty
            }
        }
        let names = left.map { "\(Processes.name($0)) (\($0))" }
        for process in left { kill(process, SIGKILL) }
        await sender.stop()
        return left.isEmpty || !options.looksForLeftovers ? [] : ["processes left after the stop: \(names)"]
    }

    /// Copies ledgers and logs of a failed scenario to where the environment says.
    func keep(_ name: String) {
        guard let folder = Chaos.keep else { return }
        let target = folder + "/" + name.map { $0.isLetter || $0.isNumber || $0 == "-" ? String($0) : "_" }.joined()
        let sources = [ledgers.directory.path, agent.directory.path] + brokers.map(\.directory.path)
        _ = try? ChildProgram.run("/bin/mkdir", "-p", target)
        _ = try? ChildProgram.run(["/bin/cp", "-a"] + sources + [target])
    }
}
