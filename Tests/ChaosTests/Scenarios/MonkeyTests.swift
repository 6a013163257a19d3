import Glibc
import TestSupport
import Testing

extension ChaosTests {
    /// Anything at any time.
    @Suite struct Monkey {
        /// What may happen.
        enum Fault: String, CaseIterable {
            case agentKilled, agentStopped, runnerKilled, supervisorKilled, brokerKilled, brokerStopped, brokerHangs
            case connectionCut, cutInAMessage, blackHole, latePieces, duplicates, poison
        }

        @Test("F-46: random everything") func monkey() async throws {
            var options = Rig.Options()
            options.hasProxy = true
            options.retry = .seconds(1)
            // Cuts in a row look like another client of the agent's name: then it waits up to 120 s.
            options.patience = .seconds(150)
            try await scenario("F-46 random everything", options) { rig, generator in
                let end = ContinuousClock.now + Chaos.monkeyTime
                var round = 0
                var counts: [String: Int] = [:]
                while .now < end {
                    let tasks = Kills.lasting(30, prefix: "m\(round)", &generator)
                    rig.sender.submit(tasks)
                    try await rig.pause(.milliseconds(generator.number(below: 500)))
                    let fault = generator.one(of: Fault.allCases)
                    counts[fault.rawValue, default: 0] += 1
                    try await rig.make(fault, tasks, &generator)
                    // No faster than it can be answered, so that the end is near when the time is over.
                    try await rig.wait(within: .seconds(20)) { rig.sender.left < 200 }
                    round += 1
                }
                ChaosTable.say("chaos: F-46 faults: \(counts.sorted { $0.key < $1.key })")
                rig.proxy?.behave(.pass)
            }
        }
    }
}

extension Rig {
    fileprivate func make(
        _ fault: ChaosTests.Monkey.Fault, _ tasks: [ChaosTask], _ generator: inout SeededGenerator
    ) async throws {
        if fault != .runnerKilled && fault != .supervisorKilled { countFault() }
        let moment = Duration.milliseconds(generator.number(below: 1500))
        switch fault {
        case .agentKilled: agent.end(SIGKILL)
        case .agentStopped: agent.end(SIGTERM)
        case .runnerKilled:
            guard let runner = agent.runner else { return }
            countFault()
            kill(runner, SIGKILL)
        case .supervisorKilled:
            guard let supervisor = try await aSupervisor(&generator) else { return }
            countFault()
            allowInterruption()
            kill(supervisor, SIGKILL)
        case .brokerKilled, .brokerStopped:
            if fault == .brokerKilled { broker.kill() } else { broker.stop() }
            try await pause(moment)
            try await broker.start()
        case .brokerHangs:
            broker.suspend()
            try await pause(moment)
            broker.resume()
        case .connectionCut: proxy?.cut()
        case .cutInAMessage: proxy?.cut(afterBytes: 1 + generator.number(below: 2000))
        case .blackHole:
            proxy?.behave(.blackHole)
            try await pause(moment)
            if generator.happens(onceIn: 2) { proxy?.cut() }
            proxy?.behave(.pass)
        case .latePieces:
            proxy?.behave(.late(.milliseconds(100), oneIn: 5))
            try await pause(moment)
            proxy?.behave(.pass)
        case .duplicates:
            for task in tasks { for turn in 0..<5 { sender.publish(task.payload, by: turn) } }
        case .poison:
            for _ in 0..<100 { sender.publish([UInt8](repeating: UInt8(generator.number(below: 256)), count: 20)) }
        }
        if !agent.isAlive {
            agent.end()
            try await startAgent()
        }
    }
}
