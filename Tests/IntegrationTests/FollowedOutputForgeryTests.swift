import CommandCatalog
import Glibc
import JSON
import Signatures
import TestSupport
import Testing

/// T21: output that somebody else sends while a command runs.
@Suite(.crowd)
struct FollowedOutputForgeryTests {
    /// A piece of standard output in the name of web01.
    private static func piece(of task: JSONValue, _ offset: Int64, _ text: String) throws -> [UInt8] {
        let chunk = TaskEvent.Chunk(stream: .stdout, offset: offset, bytes: Int64(text.utf8.count), text: text)
        let id = try #require(TaskID(task))
        return TaskEvent(taskID: id, host: "web01", sequence: 0, time: .now, kind: .output(chunk)).json.bytes
    }

    /// Follows a command that prints `begin` and `end`, while somebody sends a piece between these.
    private static func follow(forging offset: Int64?) async throws -> Ended {
        let (trust, home) = (try Trust(), try TemporaryDirectory())
        try trust.ops.key.write(to: home.path("ops.pem"))
        let ended = Collected<Ended>()
        try await Stage.with(trust.members) {
            ["two": .string("echo begin; \(Stage.noted(in: $0)); flock -s \($0.path("gate")) true; echo end")]
        } _: { stage in
            let (port, key, known) = ("\(stage.broker.port)", home.path("ops.pem"), home.path("known.json"))
            try home.write("web01\n", to: "expected")
            try await eventually("the broker keeps its key") {
                try Ended.running([
                    Programs.recoverctl, "hosts", "trust", "--expect", home.path("expected"), "--known", known,
                    "--host", "127.0.0.1", "--port", port,
                ]).status == 0
            }
            try await Sender.with(
                stage.broker, topic: "recovery/web01/event", results: "recovery/web01/event"
            ) { forger in
                async let following = Ended.beside([
                    Programs.sendCommand, "--host", "127.0.0.1", "--port", port, "--key", key, "--known-hosts", known,
                    "--to", "web01", "--follow", "--quiet", "--timeout", "60", "t", "two",
                ])
                // The lines of the audit come by the same topic.
                func begin() -> Answer? { forger.answers.first { $0["text"] == "begin\n" } }
                try await eventually("it has begun") { begin() != nil }
                let task = try #require(begin()?["task_id"])
                if let offset {
                    forger.publish(try piece(of: task, offset, "forged\n"))
                    try await eventually("it came") { forger.answers.contains { $0["text"] == "forged\n" } }
                }
                stage.openGate()
                ended.append(try await following)
            }
        }
        return try #require(ended.all.first)
    }

    @Test func whatTheHostSendsAndSignsIsShownOnce() async throws {
        let ended = try await Self.follow(forging: nil)
        #expect(ended == Ended(status: 0, output: "begin\nend\n", errors: ""))
    }

    @Test(arguments: [6, 1 << 40] as [Int64])
    func whatTheHostHasNotSignedIsToldAndCorrected(offset: Int64) async throws {
        let ended = try await Self.follow(forging: offset)
        #expect(ended.status == 0 && ended.output.hasPrefix("begin\nforged\n"), "\(ended)")
        #expect(ended.output.hasSuffix("begin\nend\n"), "\(ended)")
        #expect(ended.errors.contains("is not what web01 has signed; what it signed follows"), "\(ended)")
        // Somebody who jumped ahead does not hide what the host sends after him.
        if offset > 6 { #expect(ended.output == "begin\nforged\nend\nbegin\nend\n", "\(ended)") }
    }
}
