import Glibc
import TestSupport
import Testing

extension ChaosTests {
    /// The broker, or the way to it, fails.
    @Suite struct BrokerFaults {
        static let rounds = Chaos.size(full: 50, slice: 3)
        static let tasks = Chaos.size(full: 200, slice: 40)
        static let every: Duration = Chaos.size(full: .seconds(5), slice: .milliseconds(800))

        @Test("F-13: the broker is killed again and again") func killed() async throws {
            var options = Rig.Options()
            options.broker.isPersistent = true
            try await scenario("F-13 broker killed", options) { rig, generator in
                try await rig.rounds(Self.rounds, &generator) { _ in
                    try await rig.pause(Self.every)
                    rig.broker.kill()
                    rig.countFault()
                    try await rig.broker.start()
                }
            }
        }

        @Test("F-14: the broker forgets every session") func forgetting() async throws {
            try await scenario("F-14 broker forgets") { rig, generator in
                try await rig.rounds(Self.rounds, &generator) { _ in
                    try await rig.pause(Self.every)
                    rig.broker.stop()
                    rig.countFault()
                    try await rig.broker.start()
                }
            }
        }

        @Test("F-13: one of two brokers is killed again and again") func oneOfTwo() async throws {
            var options = Rig.Options()
            options.brokers = 2
            try await scenario("F-13 one of two brokers killed", options) { rig, generator in
                try await rig.rounds(Self.rounds, &generator) { round in
                    try await rig.pause(Self.every)
                    let broker = rig.brokers[round % 2]
                    broker.kill()
                    rig.countFault()
                    // The other alone must do for a while.
                    try await rig.pause(Self.every / 2)
                    try await broker.start()
                }
            }
        }

        @Test("F-15: the broker hangs") func hanging() async throws {
            var options = Rig.Options()
            options.patience = .seconds(90)
            try await scenario("F-15 broker hangs", options) { rig, generator in
                try await rig.rounds(Chaos.size(full: 3, slice: 1), &generator) { _ in
                    rig.broker.suspend()
                    rig.countFault()
                    let before = rig.agent.log.count
                    try await rig.pause(Chaos.size(full: .seconds(40), slice: .seconds(2)))
                    let isNoticed = rig.agent.log.dropFirst(before).contains("was lost")
                    rig.expect(isNoticed || !Chaos.isFull, "the agent did not notice within 40 s")
                    try await rig.pause(Chaos.size(full: .seconds(80), slice: .zero))
                    rig.broker.resume()
                    // The agent must be back before there is something to notice again.
                    try await rig.settle()
                }
            }
        }

        @Test("F-16: the way to the broker swallows everything") func halfOpen() async throws {
            var options = Rig.Options()
            options.hasProxy = true
            options.patience = .seconds(90)
            try await scenario("F-16 half-open connection", options) { rig, generator in
                try await rig.rounds(Chaos.size(full: 5, slice: 1), &generator) { _ in
                    rig.proxy?.behave(.blackHole)
                    rig.countFault()
                    try await rig.pause(Chaos.size(full: .seconds(45), slice: .seconds(2)))
                    // What was in the hole is lost with its connections.
                    rig.proxy?.cut()
                    rig.proxy?.behave(.pass)
                    rig.sender.excuse()
                }
            }
        }

        @Test("F-17: the connection is cut at every byte of a message") func cut() async throws {
            var options = Rig.Options()
            options.hasProxy = true
            try await scenario("F-17 cut at every byte", options) { rig, generator in
                guard let proxy = rig.proxy else { return }
                let before = proxy.bytesToClients
                try await rig.run([ChaosTask("measure")])
                let length = proxy.bytesToClients - before
                let all = Array(1...max(1, length))
                let places = Chaos.isFull ? all : Array(all.shuffled(using: &generator).prefix(8))
                for place in places {
                    let onlines = rig.sender.onlines
                    proxy.cut(afterBytes: place)
                    try await rig.run([ChaosTask("cut-\(place)", code: place % 126)])
                    // A task may be shorter by a byte or so than the measured one; then nothing was cut.
                    guard proxy.hasCut else { continue }
                    rig.countFault()
                    let isBack = try await rig.wait { rig.sender.onlines > onlines }
                    rig.expect(isBack, "the agent did not come back after a cut at byte \(place)")
                    // Five short connections in a row look like another client of the same name, and make it wait.
                    if rig.faults.isMultiple(of: 4) {
                        rig.agent.end(SIGTERM)
                        try await rig.startAgent()
                    }
                }
                proxy.cut()
            }
        }

        @Test("F-18: the way to the broker is slow") func slow() async throws {
            var options = Rig.Options()
            options.hasProxy = true
            options.retry = .seconds(20)
            try await scenario("F-18 late pieces", options) { rig, generator in
                rig.proxy?.behave(.late(.milliseconds(150), oneIn: 5))
                rig.countFault()
                try await rig.run(ChaosTask.many(Chaos.size(full: 500, slice: 20), using: &generator))
                rig.proxy?.behave(.pass)
            }
        }

        @Test("F-18: the way to the broker carries a byte at a time") func byteByByte() async throws {
            var options = Rig.Options()
            options.hasProxy = true
            options.retry = .seconds(120)
            options.patience = .seconds(180)
            try await scenario("F-18 byte by byte", options) { rig, _ in
                rig.proxy?.behave(.slow(Chaos.size(full: .milliseconds(100), slice: .milliseconds(2))))
                rig.countFault()
                try await rig.run([ChaosTask("slow-1"), ChaosTask("slow-2", code: 3)])
                rig.proxy?.behave(.pass)
            }
        }

        @Test("F-43: nobody is there for the result, and the agent dies with it") func absent() async throws {
            var options = Rig.Options()
            options.retry = nil
            options.broker.isPersistent = true
            try await scenario("F-43 result while the broker is away", options) { rig, _ in
                for round in 0..<Chaos.size(full: 20, slice: 2) {
                    let before = try rig.executed()
                    rig.sender.submit([ChaosTask("away-\(round)", code: round, wait: "0.5")])
                    try await rig.wait { try rig.executed() > before }
                    rig.broker.stop()
                    rig.countFault()
                    // The command ends in this time, and its result waits in the agent.
                    try await rig.pause(.seconds(1))
                    rig.agent.end(SIGKILL)
                    try await rig.broker.start()
                    try await rig.startAgent()
                    try await rig.settle()
                }
            }
        }
    }
}

extension Rig {
    /// Sends some tasks before each of many faults, and waits for all at the end.
    func rounds(
        _ count: Int, _ generator: inout SeededGenerator, _ fault: (Int) async throws -> Void
    ) async throws {
        for round in 0..<count {
            sender.submit(ChaosTask.many(ChaosTests.BrokerFaults.tasks, prefix: "r\(round)", using: &generator))
            try await fault(round)
        }
        try await settle()
    }
}
