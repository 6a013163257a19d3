import Audit
import CommandCatalog
import Glibc
import JSON
import Signatures
import TestSupport
import Testing

/// `send-command` and `recoverctl` with a key, against an agent that trusts it.
@Suite(.crowd)
struct SignedSenderTests {
    /// What a sender of these tests has in its home.
    private struct Home {
        let directory: TemporaryDirectory
        let broker: BrokerFixture

        init(_ broker: BrokerFixture, _ signer: Signer) throws {
            (directory, self.broker) = (try TemporaryDirectory(), broker)
            try signer.key.write(to: key)
        }

        var key: String { directory.path("ops.pem") }
        var known: String { directory.path("known-hosts.json") }

        /// Runs `send-command` with the key.
        func send(_ arguments: String..., timeout: Int = 20) throws -> Ended {
            try Ended.running(
                [
                    Programs.sendCommand, "--host", "127.0.0.1", "--port", "\(broker.port)", "--key", key,
                    "--known-hosts", known, "--timeout", "\(timeout)",
                ] + arguments)
        }
    }

    private func with(_ trust: Trust, _ body: (Stage, Home) async throws -> Void) async throws {
        try await Stage.with(trust.members) {
            ["note": .string(Stage.noted(in: $0) + "; echo done")]
        } _: { stage in
            try await body(stage, Home(stage.broker, trust.ops))
        }
    }

    @Test func keyOpensTheDoorAndTheHostIsKnownFromThenOn() async throws {
        let trust = try Trust()
        try await with(trust) { (stage: Stage, home: Home) async throws in
            let first = try home.send("--to", "web01", "--reason", "502", "t", "note")
            #expect(first.status == 0 && first.output.hasSuffix("done\n"), "\(first)")
            #expect(first.errors.contains("the key of web01 is known from now on"))
            let known = try KnownHosts(file: home.known)
            #expect(known.keys.count == 1)
            let second = try home.send("--to", "web01", "--quiet", "t", "note")
            #expect(second == Ended(status: 0, output: "done\n", errors: ""))
            let byTopic = try home.send(
                "--topic", "test-topic", "--result-topic", "test-result-topic", "--target", "host/web01", "t", "note")
            #expect(byTopic.status == 0, "\(byTopic)")
            let why = try trust.lines().filter { $0.event == .accepted }.first.map { [$0["key"], $0["why"]] }
            #expect(why == ["ops", "502"])
            #expect(stage.executed.count == 3)
        }
    }

    @Test("T21: an answer that the host has not signed is ignored, loudly") func forgedAnswerIsIgnored() async throws {
        let trust = try Trust()
        try await with(trust) { (stage: Stage, home: Home) async throws in
            var known = KnownHosts()
            let host = try #require(HostIdentity("web01"))
            known.replace(host, with: SigningKey.random().verificationKey)
            try known.write(to: home.known)
            let ended = try home.send("--to", "web01", "--quiet", "t", "note", timeout: 3)
            #expect(ended.status == 124 && ended.output.isEmpty, "\(ended)")
            #expect(ended.errors.contains("web01 tells another key than the known one"))
            #expect(ended.errors.contains("an answer came that web01 has not signed"))
            #expect(try KnownHosts(file: home.known) == known)
        }
    }

    @Test("T21: a known host is believed only what it has signed, whoever answers first")
    func aKnownHostsAnswerCannotBeMadeByAnother() async throws {
        let broker = try await BrokerFixture()
        let home = try TemporaryDirectory()
        var known = KnownHosts()
        known.replace(try #require(HostIdentity("web01")), with: SigningKey.random().verificationKey)
        try known.write(to: home.path("known.json"))
        try await Sender.with(broker, topic: "recovery/web01/result", results: "recovery/web01/command") { forger in
            let file = home.path("known.json")
            async let asking = Ended.beside([
                Programs.sendCommand, "--host", "127.0.0.1", "--port", "\(broker.port)", "--known-hosts", file,
                "--to", "web01", "--timeout", "15", "t", "note",
            ])
            try await eventually("the task comes") { !forger.answers.isEmpty }
            let task = forger.answers[0]
            // No key is needed to know that a known host signs.
            #expect(task["reply"] == ["detail": true])
            let forged: JSONObject = [
                "task_id": try #require(task["task_id"]), "timestamp": .string(Timestamp.now.description),
                "message": "all is well", "code": 0,
            ]
            forger.publish(JSONValue.object(forged).bytes)
            let ended = try await asking
            #expect(ended.status == 124 && !ended.output.contains("all is well"), "\(ended)")
            #expect(ended.errors.contains("an answer came that web01 has not signed"))
        }
    }

    @Test func withoutAKeyTheRefusalSaysWhy() async throws {
        let trust = try Trust()
        try await with(trust) { (stage: Stage, home: Home) async throws in
            let plain = try Ended.running([
                Programs.sendCommand, "--host", "127.0.0.1", "--port", "\(stage.broker.port)", "--to", "web01", "t",
                "note",
            ])
            #expect(plain.status == 125 && plain.errors.contains("the task is not signed"), "\(plain)")
            #expect(stage.executed.isEmpty)
        }
    }

    @Test func challengeOfTheStatusReplacesTheTime() async throws {
        let trust = try Trust()
        try await with(trust) { (stage: Stage, home: Home) async throws in
            let challenge = try #require(stage.agent.status?["challenge"]?.string)
            let ended = try home.send("--to", "web01", "--challenge", challenge, "t", "note")
            #expect(ended.status == 0, "\(ended)")
        }
    }

    @Test func recoverctlSignsWhatItAsks() async throws {
        let trust = try Trust()
        try await with(trust) { (stage: Stage, home: Home) async throws in
            let broker = ["--host", "127.0.0.1", "--port", "\(stage.broker.port)"]
            let plain = try Ended.running([Programs.recoverctl, "ping", "web01"] + broker)
            #expect(plain.status == 2 && plain.output.contains("not signed"), "\(plain)")
            let signed = try Ended.running([Programs.recoverctl, "ping", "web01", "--key", home.key] + broker)
            #expect(signed.status == 0, "\(signed)")
            let tasks = try Ended.running([Programs.recoverctl, "tasks", "--to", "web01", "--key", home.key] + broker)
            #expect(tasks.status == 0, "\(tasks)")
        }
    }

    @Test(arguments: [
        (["--topic", "x", "--result-topic", "y"], "name it with --target host/NAME"),
        (["--to", "web01", "--target", "host/web02"], "leave out --target"),
        (["--topic", "x", "--target", "web01"], "such as \"host/web01\""),
    ])
    func whatContradictsItselfIsSaid(arguments: [String], message: String) throws {
        let home = try TemporaryDirectory()
        let signer = try Signer("ops")
        try signer.key.write(to: home.path("ops.pem"))
        let ended = try Ended.running(
            [Programs.sendCommand, "--key", home.path("ops.pem")] + arguments + ["s", "c"])
        #expect(ended.status == 125 && ended.errors.contains(message), "\(ended)")
    }

    @Test("A private key that others may read is not used") func keyForEverybodyIsNotUsed() throws {
        let home = try TemporaryDirectory()
        let signer = try Signer("ops")
        try signer.key.write(to: home.path("ops.pem"))
        chmod(home.path("ops.pem"), 0o644)
        let ended = try Ended.running(
            [Programs.sendCommand, "--key", home.path("ops.pem"), "--to", "web01", "s", "c"])
        #expect(ended.status == 125 && ended.errors.contains("everybody may read it"), "\(ended)")
    }
}
