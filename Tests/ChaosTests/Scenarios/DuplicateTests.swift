import CommandCatalog
import Glibc
import TestSupport
import Testing

extension ChaosTests {
    /// The same bytes, other orders, and bytes that are no task.
    @Suite struct Duplicates {
        @Test("F-26: the same bytes from two senders, across a restart") func duplicates() async throws {
            let half = Chaos.size(full: 50_000, slice: 50)
            var options = Rig.Options()
            options.patience = .seconds(120)
            try await scenario("F-26 the same bytes \(half * 2) times", options) { rig, _ in
                let rival = try await rig.rival()
                let task = ChaosTask("same", code: 9, wait: "0.3")
                rig.sender.submit([task])
                rig.sender.pump()
                for number in 0..<half {
                    (number.isMultiple(of: 2) ? rig.sender : rival).publish(task.payload)
                }
                try await rig.killAgent()
                for number in 0..<half {
                    (number.isMultiple(of: 2) ? rig.sender : rival).publish(task.payload)
                }
                try await rig.settle()
                // The first has announced the answer in its journal only after a while, the second has it from there.
                for signal in [nil, SIGTERM] {
                    if let signal {
                        rig.agent.end(signal)
                        rig.countFault()
                        try await rig.startAgent()
                    }
                    let before = rig.sender.answers(to: "same").values.reduce(0, +)
                    rival.publish(task.payload)
                    let isReplayed = try await rig.wait(within: .seconds(60)) {
                        rig.sender.answers(to: "same").values.reduce(0, +) > before
                    }
                    rig.expect(isReplayed, "a copy after the end got no answer")
                }
                let codes = rig.sender.answers(to: "same").keys.map(\.code)
                rig.expect(codes == [9], "the copies were answered \(codes)")
                await rival.stop()
            }
        }

        @Test("F-41: two detectors send the same tasks") func twoDetectors() async throws {
            try await scenario("F-41 two detectors") { rig, generator in
                let rival = try await rig.rival()
                let tasks = ChaosTask.many(Chaos.size(full: 2000, slice: 60), using: &generator)
                rival.submit(tasks.shuffled(using: &generator))
                rig.sender.submit(tasks)
                rig.countFault()
                while rival.left + rig.sender.left > 0, rig.sender.quiet < rig.options.patience {
                    rival.pump()
                    try await rig.pause(.milliseconds(10))
                }
                rig.expect(rival.left == 0, "\(rival.left) tasks of the second have no answer")
                await rival.stop()
            }
        }

        @Test("F-42: a detector dies while it publishes, and sends again what it had intended")
        func detectorDies() async throws {
            try await scenario("F-42 detector dies and resumes") { rig, generator in
                let intent = try TemporaryDirectory()
                let publish = [
                    "/usr/bin/mosquitto_pub", "-h", "127.0.0.1", "-p", "\(rig.broker.port)", "-q", "1", "-t",
                    "recovery/\(ChaosAgent.host)/command", "-f", intent.path("task"),
                ]
                func strace(_ more: [String]) -> [String] {
                    ["/usr/bin/strace", "-f", "-o", intent.path("trace")] + more + publish
                }
                func intend(_ task: ChaosTask) throws {
                    // On its own disk before the first copy leaves.
                    try intent.write(task.payload, to: "task")
                    rig.sender.adopt(task)
                }
                try intend(ChaosTask("undisturbed"))
                let calls = "connect,poll,pselect6,read,recvfrom,write,sendto,close,exit_group"
                try ChildProgram.run(strace(["-e", "trace=\(calls)"]))
                try await rig.settle()
                var points: [(call: Substring, number: Int)] = []
                for line in try intent.text(of: "trace").split(separator: "\n") {
                    guard let call = line.firstMatch(of: #/^\d+ +([a-z_0-9]+)\(/#)?.1 else { continue }
                    points.append((call, points.count { $0.call == call } + 1))
                }
                if !Chaos.isFull { points = Array(points.shuffled(using: &generator).prefix(12)) }
                var died = 0
                for (index, point) in points.enumerated() {
                    try intend(ChaosTask("intent-\(index)", code: index % 126))
                    // It ends as one that was killed.
                    let isDone = try? ChildProgram.run(
                        strace([
                            "-e", "trace=\(point.call)", "-e", "inject=\(point.call):signal=KILL:when=\(point.number)",
                        ]))
                    if isDone == nil { died += 1 }
                    // What it may have sent already is under way, or done.
                    try await rig.pause(.milliseconds(generator.number(below: 50)))
                    try ChildProgram.run(publish)
                    try await rig.settle()
                }
                rig.countFault(died)
                rig.expect(died * 2 > points.count, "the detector died at \(died) of \(points.count) calls only")
            }
        }

        @Test("F-27: older tasks come after younger ones") func shuffled() async throws {
            try await scenario("F-27 shuffled timestamps") { rig, generator in
                let count = Chaos.size(full: 500, slice: 20)
                let ages = (0..<count).map { Int64($0) }.shuffled(using: &generator)
                let now = Timestamp.now
                let tasks = ages.map { age in
                    ChaosTask("age-\(age)", command: "locked", timestamp: now + .seconds(-age))
                }
                rig.countFault()
                try await rig.run(tasks)
                let order = try rig.ledgers.read().executed.dropFirst()
                rig.expect(Array(order) == tasks.map(\.id), "the order of acceptance was not kept")
            }
        }

        @Test("F-44: what is no task comes for ever") func poison() async throws {
            let count = Chaos.size(full: 100_000, slice: 5000)
            try await scenario("F-44 poison \(count) times") { rig, generator in
                let poison: [[UInt8]] = [
                    Array("{".utf8), Array("[]".utf8), [0xFF, 0xFE], [], Array(#"{"task_id": {}}"#.utf8),
                    Array(repeating: UInt8(ascii: "["), count: 5000), Array(#"{"service": "chaos"}"#.utf8),
                ]
                let (process, before) = (rig.agent.identifier, rig.agent.log.utf8.count)
                for number in 0..<count {
                    rig.sender.publish(generator.one(of: poison))
                    if number.isMultiple(of: 1000) { try await rig.pause(.milliseconds(1)) }
                }
                rig.countFault(count)
                try await rig.run([ChaosTask("after", code: 4)])
                let grown = rig.agent.log.utf8.count - before
                rig.expect(grown < 1 << 20, "the log grew by \(grown) bytes")
                rig.expect(rig.agent.identifier == process && rig.agent.isAlive, "the agent is another one")
            }
        }
    }
}
