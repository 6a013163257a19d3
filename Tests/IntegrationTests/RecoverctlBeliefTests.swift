import CommandCatalog
import Glibc
import JSON
import Signatures
import TestSupport
import Testing

/// T21: `recoverctl` and those who answer in the name of a host that it knows.
@Suite(.crowd)
struct RecoverctlBeliefTests {
    /// Somebody who answers every task for web01 at once, until the test is over.
    private static func withForger(
        _ broker: BrokerFixture, _ body: () async throws -> Void
    ) async throws {
        try await Sender.with(broker, topic: "recovery/web01/result", results: "recovery/web01/command") { forger in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    var answered = 0
                    while !Task.isCancelled {
                        let tasks = forger.answers
                        for task in tasks[answered...] {
                            let forged: JSONObject = [
                                "task_id": task["task_id"] ?? .null, "message": "{\"forged\":true}", "code": 0,
                                "timestamp": .string(Timestamp.now.description),
                            ]
                            forger.publish(JSONValue.object(forged).bytes)
                        }
                        answered = tasks.count
                        try? await Task.sleep(for: .milliseconds(1))
                    }
                }
                defer { group.cancelAll() }
                try await body()
            }
        }
    }

    /// A question that must not be believed, beside the forger.
    private static func ask(_ broker: BrokerFixture, _ known: String, _ words: String...) async throws -> Ended {
        try await Ended.beside(
            [Programs.recoverctl] + words + ["--host", "127.0.0.1", "--port", "\(broker.port)", "--known-hosts", known])
    }

    @Test func anotherOnesAnswerIsIgnoredAndTheHostsOwnIsBelieved() async throws {
        let trust = try Trust()
        try await Stage.with(trust.members) {
            ["note": .string(Stage.noted(in: $0))]
        } _: { stage in
            let broker = stage.broker
            let home = try TemporaryDirectory()
            let (known, key) = (home.path("known.json"), home.path("ops.pem"))
            try trust.ops.key.write(to: key)
            try home.write("web01\n", to: "expected")
            try await eventually("the broker keeps its key") {
                try Ended.running([
                    Programs.recoverctl, "hosts", "trust", "--expect", home.path("expected"), "--known", known,
                    "--host", "127.0.0.1", "--port", "\(broker.port)",
                ]).status == 0
            }
            try await Self.withForger(broker) {
                // While the host is stopped only the forger answers.
                stage.agent.send(SIGSTOP)
                for words in [["status", "--to", "web01"], ["metrics", "--to", "web01"]] {
                    let silent = try await Self.ask(broker, known, words[0], words[1], words[2], "--timeout", "3")
                    #expect(silent.status == 3 && silent.output.isEmpty, "\(silent)")
                    #expect(silent.errors.contains("an answer that web01 has not signed"), "\(silent)")
                }
                let ping = try await Self.ask(broker, known, "ping", "web01", "--timeout", "3")
                #expect(ping.status == 3, "\(ping)")
                #expect(ping.output.contains("an answer that web01 has not signed was ignored"), "\(ping)")
                // Who does not know the host takes it at its word.
                let none = home.path("none.json")
                #expect(try await Self.ask(broker, none, "ping", "web01", "--timeout", "3").status == 0)
                // With the host back, its answer is taken, however many others come before.
                async let asking = Self.ask(broker, known, "status", "--to", "web01", "--key", key, "--json")
                stage.agent.send(SIGCONT)
                let real = try await asking
                #expect(real.output.contains("boot_id") && !real.output.contains("forged"), "\(real)")
                let answered = try await Self.ask(broker, known, "ping", "web01", "--key", key)
                #expect(answered.status == 0, "\(answered)")
            }
        }
    }

    @Test func fileOfKnownHostsThatIsBrokenLetsNobodyBeBelieved() async throws {
        let broker = try await BrokerFixture()
        let home = try TemporaryDirectory()
        let known = try home.write("{\"web01\": \"\"}", to: "known.json")
        for words in [["ping", "web01"], ["status", "--to", "web01"]] {
            let ended = try Ended.running(
                [Programs.recoverctl] + words
                    + ["--host", "127.0.0.1", "--port", "\(broker.port)", "--known-hosts", known])
            #expect(ended.status == 78 && ended.errors.contains("known.json:1:"), "\(ended)")
        }
    }
}
