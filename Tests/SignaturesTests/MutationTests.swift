import CommandCatalog
import Glibc
import JSON
import Signatures
import TestSupport
import Testing

/// Whatever somebody on the way does to a signed message: it is refused, or means what it meant.
@Suite(.crowd)
struct MutationTests {
    /// How many changes each seed tries: 5000 together; `RECOVERD_MUTATIONS` says another number, the whole is 100000.
    private static let count: Int = {
        let given = getenv("RECOVERD_MUTATIONS").flatMap { Int(String(cString: $0)) } ?? 5000
        return (given + SeededGenerator.seeds.count - 1) / SeededGenerator.seeds.count
    }()

    private let host = Signing()

    /// A signed task of one of the kinds, with all members.
    private static func signed(_ chance: inout SeededGenerator) throws -> TaskMessage {
        let request = CommandRequest(
            service: try name(chance.one(of: ["nginx", "disk"])),
            command: try name(chance.one(of: ["restart", "stop"])),
            parameters: [try name("port"): .integer(Int64(chance.number(below: 99))), try name("who"): "ann"])
        let verb: Verb = chance.one(of: [
            .command(request), .check(request), .cancel(.text("deploy-\(chance.number(below: 9))")),
            .fetch(OutputRequest(taskID: .integer(7), offset: Int64(chance.number(below: 99)), length: 100)),
        ])
        let task = TaskMessage(
            taskID: .integer(Int64(chance.number(below: 1 << 30))), timestamp: Signing.now, verb: verb,
            expires: Signing.now + .seconds(300), reply: ReplyWishes(detail: chance.happens(onceIn: 2)),
            reason: chance.one(of: ["502", "disk full"]), from: chance.one(of: ["ann@desk", "bob@desk"]),
            target: chance.one(of: [nil, "host/web01"]), cause: chance.one(of: [nil, ["rule": "load"]]),
            needs: chance.one(of: [nil, ["auth"], ["reply", "auth"]]))
        return Signing.key.sign(task, Signing.auth(expires: Signing.now + .seconds(300), challenge: "c"))
    }

    @Test(arguments: SeededGenerator.seeds) func nothingElseIsAccepted(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        var unchanged: [Mutation: Int] = [:]
        var refused: [Mutation: Int] = [:]
        var pool: [TaskMessage] = []
        for _ in 0..<50 { pool.append(try Self.signed(&chance)) }
        for index in 0..<Self.count {
            let mutation = Mutation.allCases[index % Mutation.allCases.count]
            let (task, other) = (chance.one(of: pool), chance.one(of: pool))
            let (object, second) = (try #require(task.json.object), try #require(other.json.object))
            let payload = mutation.apply(to: object, second, &chance)
            guard host.verdict(on: payload).isSigned else {
                refused[mutation, default: 0] += 1
                continue
            }
            // Judged by what is read, not by the bytes that are signed.
            let accepted = try TaskMessage(payload).json
            #expect(
                accepted == task.json || accepted == other.json,
                "\(mutation) of \(task.json.text): \(String(decoding: payload, as: UTF8.self))")
            unchanged[mutation, default: 0] += 1
        }
        #expect(unchanged.values.reduce(0, +) + refused.values.reduce(0, +) == Self.count)
        // A changed order or space changes nothing; everything else is refused at least sometimes, or tests nothing.
        #expect(unchanged[.order] ?? 0 > 0 && unchanged[.space] ?? 0 > 0 && unchanged[.spelling] ?? 0 > 0)
        for mutation in Mutation.allCases where mutation != .order {
            #expect(refused[mutation] ?? 0 > 0, "\(mutation)")
        }
    }

    /// Replays: the window leaves some to the journal, and those are the same task; to another host goes none.
    @Test(arguments: SeededGenerator.seeds) func replaysAreTheSameTaskOrNone(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        var other = host
        other.verification.identities = ["host/web02", "group/db"]
        for _ in 0..<Self.count / 50 {
            let task = try Self.signed(&chance)
            for (seconds, isAccepted) in [(-1, true), (0, true), (299, true), (300, false), (301, false)] {
                #expect(host.verdict(on: task, at: Signing.now + .seconds(seconds)).isSigned == isAccepted)
                #expect(try TaskMessage(task.json.bytes).digest == task.digest)
            }
            #expect(other.verdict(on: task).code == .wrongTarget)
        }
    }
}
