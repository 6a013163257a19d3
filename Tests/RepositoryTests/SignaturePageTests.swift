import CommandCatalog
import JSON
import Signatures
import TestSupport
import Testing

/// The examples of `docs/signatures.md` hold, also for programs that are not ours.
@Suite struct SignaturePageTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func example(_ kind: String) throws -> String {
        let found = try Snippet.all(in: Repository.text("docs/signatures.md")).filter { $0.kind == kind }
        #expect(found.count == 1)
        return try #require(found.first).text
    }

    /// The keys of the page's example.
    private func keys() throws -> KeyDirectory {
        try directory.write(example("json key"), to: "ops-2026a.pub")
        var keys = KeyDirectory(directory.path)
        keys.read()
        #expect(keys.mistakes.isEmpty && keys.ring.keys.count == 1)
        return keys
    }

    @Test func signedTaskIsAcceptedByTheKeyOfThePage() throws {
        let text = try example("json task")
        let task = try TaskMessage(Array(text.utf8))
        #expect(try JSONSchema("task").violations(of: JSONText(Array(text.utf8)).value).isEmpty)
        let time = try #require(task.time)
        let verification = Verification(ring: try keys().ring, identities: ["host/web01"])
        let verdict = verification.verdict(on: task, at: .init(now: time))
        guard case .signed(let key) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(key.id.description == "ops-2026a" && key.roles == ["operators"])
    }

    @Test(arguments: [
        "{\"task_id\":\"a\",\"cancel\":7}", "{\"task_id\":-1,\"fetch\":{\"task_id\":\"a\",\"offset\":5}}",
        "{\"task_id\":1,\"config\":\"a\\nb\"}", "{\"task_id\":1,\"replace\":{\"service\":\"s\",\"text\":\"é\"}}",
        "{\"task_id\":1,\"replace\":{\"service\":\"s\",\"files\":{\"b\":\"x\",\"a/c\":null},\"dry_run\":true}}",
        "{\"task_id\":1,\"replace\":{\"service\":\"s\",\"rollback\":3,\"diff\":true}}",
        "{\"task_id\":1,\"replace\":{\"service\":\"s\",\"rollback\":\"previous\"}}",
        "{\"task_id\":1,\"replace\":{\"service\":\"s\",\"finish\":true}}",
        "{\"task_id\":1,\"check\":{\"service\":\"é\",\"command\":\"c\"},\"reply\":{\"follow\":true}}",
        """
        {"task_id":1,"service":"s","command":"c","timestamp":"","from":"","target":"host/a","needs":[],
         "parameters":{"b":[1,-2.5,null,true,{}],"a":"x","é":false},"cause":{"z":1,"y":{"b":1,"a":""}}}
        """,
    ])
    func programOfThePageMakesTheSameBytes(text: String) throws {
        try directory.write(example("python"), to: "tuple.py")
        let unsigned = try TaskMessage(Array(text.utf8))
        let auth = TaskAuthentication(
            keyID: try #require(KeyID("k")), target: "host/a", expires: Timestamp(seconds: 5), challenge: "c")
        let signed = SigningKey.random().sign(unsigned, auth)
        for task in [signed, try TaskMessage(Array(example("json task").utf8))] {
            try directory.write(task.json.bytes, to: "task.json")
            let line =
                "python3 \(directory.path("tuple.py")) < \(directory.path("task.json")) | od -An -v -tx1 | tr -d ' \\n'"
            let hex = try ChildProgram.run("/bin/sh", "-c", line)
            #expect(hex == SignedTuple(task).bytes.map { String(256 + Int($0), radix: 16).dropFirst() }.joined())
        }
    }

    @Test func keysAreMadeAsThePageSays() throws {
        let script = try example("sh")
        _ = try ChildProgram.run("/bin/sh", "-c", "cd \(directory.path) && set -e\n\(script)")
        let key = try SigningKey(file: directory.path("ops-2026a.pem"))
        var keys = KeyDirectory(directory.path)
        keys.read()
        #expect(keys.mistakes.isEmpty && keys.ring.keys.values.map(\.key) == [key.verificationKey])
    }

    @Test func hostsAreReadAndWrittenAsThePageShows() throws {
        let text = try example("json hosts")
        let path = try directory.write(text, to: "hosts.json")
        let hosts = try KnownHosts(file: path)
        #expect(hosts.keys.count == 1)
        try hosts.write(to: path)
        #expect(try directory.text(of: "hosts.json") == text + "\n")
    }

    @Test func pageNamesEveryWordOfARefusal() throws {
        let page = try Repository.text("docs/signatures.md")
        let words: [ResultReason] = [
            .notAuthentic, .unsigned, .unknownKey, .keyNotValid, .wrongTarget, .expired, .clockSuspect,
        ]
        for word in words { #expect(page.contains("`\(word.rawValue)`"), "\(word)") }
    }
}
