import CommandCatalog
import JSON
import TestSupport
import Testing

/// What a task can ask for besides running a command.
struct VerbTests {
    @Test func checkAsksAboutACommand() throws {
        let text = "{\"task_id\":7,\"check\":{\"service\":\"s\",\"command\":\"c\",\"parameters\":{\"a\":1},\"x\":[]}}"
        let task = try TaskMessage(Array(text.utf8))
        let request = CommandRequest(service: try name("s"), command: try name("c"), parameters: [try name("a"): 1])
        #expect(task.verb == .check(request))
        #expect(task.service == request.service && task.command == request.command && task.timestamp == nil)
    }

    @Test func cancelNamesATask() throws {
        #expect(try TaskMessage(Array("{\"task_id\":7,\"cancel\":\"deploy\"}".utf8)).verb == .cancel(.text("deploy")))
        #expect(try TaskMessage(Array("{\"task_id\":7,\"cancel\":3}".utf8)).verb == .cancel(.integer(3)))
    }

    @Test func fetchNamesAPieceOfOutput() throws {
        let whole = "{\"task_id\":7,\"fetch\":{\"task_id\":3,\"stream\":\"stderr\",\"offset\":5,\"length\":9}}"
        let request = OutputRequest(taskID: .integer(3), stream: .stderr, offset: 5, length: 9)
        #expect(try TaskMessage(Array(whole.utf8)).verb == .fetch(request))
        let least = try TaskMessage(Array("{\"task_id\":7,\"fetch\":{\"task_id\":3}}".utf8))
        #expect(least.verb == .fetch(OutputRequest(taskID: .integer(3), stream: .stdout, offset: 0, length: 65_536)))
        #expect(least.request == nil)
    }

    @Test func requestForOutputStaysWithinItsBounds() {
        let request = OutputRequest(taskID: .integer(1), offset: -5, length: .max)
        #expect(request.offset == 0 && request.length == OutputRequest.largestLength)
        #expect(OutputRequest(taskID: .integer(1), length: 0).length == 1)
    }

    @Test func timesAndWishesAreRead() throws {
        let text = """
            {"task_id":7,"service":"s","command":"c","timestamp":"2020-11-26T01:41:19.25+01:00",
            "expires":"2020-11-26T00:42:19Z","reply":{"detail":true,"events":false,"follow":true,"more":1}}
            """
        let task = try TaskMessage(Array(text.utf8))
        #expect(task.timestamp == "2020-11-26T01:41:19.25+01:00")
        #expect(task.time == Timestamp(nanoseconds: 1_606_351_279_250_000_000))
        #expect(task.expires == Timestamp(seconds: 1_606_351_339))
        #expect(task.reply == ReplyWishes(detail: true, follow: true))
    }

    @Test func unreadableTimestampIsKeptAsText() throws {
        let task = try TaskMessage(
            Array("{\"task_id\":7,\"service\":\"s\",\"command\":\"c\",\"timestamp\":\"now\"}".utf8))
        #expect(task.timestamp == "now" && task.time == nil)
    }

    @Test(arguments: SeededGenerator.seeds)
    func everyVerbComesBackAsItWasSent(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let task = try TaskSample.random(&chance)
            let copy = try TaskMessage(task.json.bytes)
            #expect(copy == task)
            #expect(copy.digest == task.digest)
        }
    }
}

/// A name for a test.
func name(_ text: String) throws -> Name { try #require(Name(text)) }

/// Tasks of all kinds.
enum TaskSample {
    static func random(_ chance: inout SeededGenerator) throws -> TaskMessage {
        TaskMessage(
            taskID: id(&chance), timestamp: Timestamp(seconds: Int64(chance.number(below: 1 << 31))),
            verb: try verb(&chance),
            expires: chance.happens(onceIn: 2) ? Timestamp(seconds: Int64(chance.number(below: 1 << 31))) : nil,
            reply: ReplyWishes(
                detail: chance.happens(onceIn: 2), follow: chance.happens(onceIn: 2), events: chance.happens(onceIn: 2)),
            reason: chance.happens(onceIn: 2) ? chance.text() : nil,
            from: chance.happens(onceIn: 2) ? chance.text() : nil,
            target: chance.happens(onceIn: 2) ? "host/\(chance.text())" : nil,
            cause: chance.one(of: [nil, .string(chance.text()), .object(chance.object(depth: 1))]),
            needs: chance.one(of: [nil, [], ["reply", "auth"]]))
    }

    private static func id(_ chance: inout SeededGenerator) -> TaskID {
        chance.happens(onceIn: 2) ? .random(using: &chance) : .text("t\(chance.number(below: 1000))")
    }

    private static func change(_ chance: inout SeededGenerator) throws -> ReplaceRequest.Change {
        switch chance.number(below: 4) {
        case 0: return .text(chance.text() + "x")
        case 1:
            let files = (0...chance.number(below: 3)).map { number in
                ReplaceRequest.FileChange(
                    name: "d/f\(number).conf", text: chance.happens(onceIn: 3) ? nil : chance.text())
            }
            return .files(files)
        case 2: return .rollback(version: chance.happens(onceIn: 2) ? nil : Int64(1 + chance.number(below: 99)))
        default: return .finish
        }
    }

    private static func verb(_ chance: inout SeededGenerator) throws -> Verb {
        let parameters =
            chance.happens(onceIn: 2) ? [try name("p"): JSONValue.integer(Int64(chance.number(below: 9)))] : nil
        let request = CommandRequest(
            service: try name("s\(chance.number(below: 9))"), command: try name("c"), parameters: parameters)
        switch chance.number(below: 6) {
        case 4: return .config(chance.text() + "x")
        case 5:
            return .replace(
                ReplaceRequest(
                    service: try name("s"), change: try change(&chance), isDryRun: chance.happens(onceIn: 2),
                    wantsDifference: chance.happens(onceIn: 2)))
        case 0: return .command(request)
        case 1: return .check(request)
        case 2: return .cancel(id(&chance))
        default:
            return .fetch(
                OutputRequest(
                    taskID: id(&chance), stream: chance.one(of: OutputStream.allCases),
                    offset: Int64(chance.number(below: 1 << 40)), length: Int64(1 + chance.number(below: 262_144))))
        }
    }
}
