import Glibc
import JSON
import MQTT
import TestSupport
import Testing

/// What becomes of commands, on a real broker with a real agent.
@Suite(.crowd)
struct ExecutionTests {
    private func run(
        _ commands: JSONValue,
        _ members: JSONObject = [:],
        _ body: (Sender, AgentFixture, BrokerFixture) async throws -> Void
    ) async throws {
        // The broker drops in silence what is beyond its own queue, and that is not what is tested here.
        let broker = try await BrokerFixture(BrokerFixture.Options(maximumQueued: 20_000))
        var members = members
        members["Services"] = ["t": ["commands": commands]]
        let agent = try await AgentFixture(broker, members)
        try await Sender.with(broker) { sender in try await body(sender, agent, broker) }
    }

    @Test func commandThatRunsTooLongIsEndedWithWhatItPrinted() async throws {
        let tree: JSONValue = [
            "program": ["/bin/sh", "-c", "echo begun; setsid sleep 98765 & sleep 98765"], "timeout": "500ms",
        ]
        try await run(["long": tree]) { sender, _, _ in
            let answer = try await sender.ask(1, "t", "long")
            #expect(answer.code == 0x1104)
            #expect(answer.message == "begun")
            #expect(throws: SystemFailure.self) { try ChildProgram.run("/usr/bin/pgrep", "-f", "sleep 98765") }
        }
    }

    @Test func defaultTimeoutHoldsForShellLinesToo() async throws {
        try await run(["line": "echo begun; sleep 100"], ["DefaultTimeout": "500ms"]) { sender, _, _ in
            let answer = try await sender.ask(1, "t", "line")
            #expect(answer.code == 0x1104)
        }
    }

    @Test func missingProgramCouldNotStart() async throws {
        try await run(["missing": ["program": ["/nonexistent/program"]]]) { sender, _, _ in
            let answer = try await sender.ask(1, "t", "missing")
            #expect(answer.code == 0x1103)
            #expect(
                answer.message == "Could not start: cannot execute '/nonexistent/program': No such file or directory")
        }
    }

    @Test func signalIsReportedAs128Plus() async throws {
        try await run(["kill": "kill -9 $$", "term": "kill -15 $$"]) { sender, _, _ in
            let codes = try await [sender.ask(1, "t", "kill"), sender.ask(2, "t", "term")].map(\.code)
            #expect(codes == [137, 143])
        }
    }

    @Test func parametersReachTheProgramAsTheyAre() async throws {
        let echo: JSONValue = [
            "program": ["/usr/bin/printf", "<%s>", "{text}", "n={count}"],
            "parameters": [
                "text": ["type": "string", "pattern": ".*", "length": 100],
                "count": ["type": "integer", "range": [1, 10], "default": 3],
            ],
        ]
        try await run(["echo": echo, "plain": "/bin/true"]) { sender, _, _ in
            func ask(_ id: Int64, _ command: String, _ parameters: JSONValue) async throws -> Answer {
                let task: JSONValue = [
                    "task_id": .integer(id), "service": "t", "command": .string(command), "parameters": parameters,
                ]
                sender.publish(task.bytes)
                return try await sender.answer(to: .integer(id))
            }
            let text = "$(reboot) `id`; rm -rf / | \"quoted\" 'single' *"
            let answer = try await ask(1, "echo", ["text": .string(text), "count": "7"])
            #expect(answer.message == "<\(text)><n=7>")
            #expect(try await ask(2, "echo", ["text": "-oProxyCommand=x"]).code == 0x1004)
            #expect(try await ask(3, "echo", ["text": "x", "count": 11]).code == 0x1004)
            #expect(try await ask(4, "echo", [:]).code == 0x1004)
            #expect(try await ask(5, "plain", [:]).code == 0x1004)
        }
    }

    @Test func tasksStartInOrderAndOnlyALockMakesThemWait() async throws {
        let locked: JSONValue = ["program": ["/bin/sh", "-c", "sleep 0.3; date +%s%N"], "lock": "disk"]
        try await run(["locked": locked, "free": "date +%s%N"], ["MaxConcurrent": 8]) { sender, _, _ in
            for id in 1...3 { sender.send(.integer(Int64(id)), "t", "locked") }
            sender.send(4, "t", "free")
            var times: [Int64] = []
            for id in 1...4 { times.append(Int64(try await sender.answer(to: .integer(Int64(id))).message ?? "") ?? 0) }
            #expect(times[0] < times[1] && times[1] < times[2])
            #expect(times[1] - times[0] >= 300_000_000 && times[2] - times[1] >= 300_000_000)
            #expect(times[3] < times[0])
        }
    }

    @Test func fullQueueRefusesAndLosesNothing() async throws {
        try await run(["slow": "sleep 1; echo done"], ["MaxConcurrent": 1, "MaxQueued": 2]) { sender, _, _ in
            for id in 1...10 { sender.send(.integer(Int64(id)), "t", "slow") }
            try await eventually("ten answers") { sender.answers.count == 10 }
            #expect(sender.answers.count { $0.code == 0x1101 } == 7)
            #expect(sender.answers.count { $0.message == "done" } == 3)
        }
    }

    /// M61: what is beyond the bound is refused, and nothing is lost in silence.
    @Test func tenThousandTasksAreAllAnswered() async throws {
        try await run(["quick": "/bin/true"], ["MaxConcurrent": 2, "MaxQueued": 100]) { sender, _, _ in
            for id in 1...10_000 { sender.send(.integer(Int64(id)), "t", "quick") }
            try await eventually(within: .seconds(120), "every answer") {
                Set(sender.answers.compactMap { $0.members["task_id"]?.integer }).count == 10_000
            }
            #expect(Set(sender.answers.compactMap(\.code)) == [0, 0x1101])
        }
    }

    @Test func outputBeyondItsBoundKeepsHeadAndTail() async throws {
        let flood: JSONValue = [
            "program": ["/bin/sh", "-c", "echo head; yes | head -c 300000000; echo tail"], "output": 1024,
        ]
        try await run(["flood": flood]) { sender, agent, _ in
            let before = try residentKilobytes(agent.identifier)
            let text = try #require(try await sender.ask(1, "t", "flood").message)
            #expect(text.hasPrefix("head\ny\n") && text.hasSuffix("y\ntail"))
            #expect(text.contains("bytes omitted ...]") && text.utf8.count < 1200)
            // The address sanitizer keeps what was freed.
            guard ProcessEnvironment.sanitizer["ASAN_OPTIONS"] == nil else { return }
            #expect(try residentKilobytes(agent.identifier) - before < 6000)
        }
    }

    @Test func brokerRestartBesideAThousandCommandsLosesNoAnswer() async throws {
        let members: JSONObject = ["MaxConcurrent": 1000, "MaxQueued": 1000]
        try await run(["sleep": "/bin/sleep 30"], members) { sender, agent, broker in
            for id in 1...1000 { sender.send(.integer(Int64(id)), "t", "sleep") }
            try await eventually(within: .seconds(120), "a thousand commands run") {
                try entries("\(agent.runtime)/runs") >= 1000
            }
            broker.kill()
            try await broker.start()
            try await eventually(within: .seconds(90), "every answer") {
                Set(sender.answers.compactMap { $0.members["task_id"]?.integer }).count == 1000
            }
            #expect(sender.answers.allSatisfy { $0.code == 0 })
        }
    }

    @Test func hundredShortCommandsLeaveNothingBehind() async throws {
        try await run(["quick": "/bin/true"]) { sender, agent, _ in
            _ = try await sender.ask(0, "t", "quick")
            let descriptors = try entries("/proc/\(agent.identifier)/fd")
            for id in 1...100 { sender.send(.integer(Int64(id)), "t", "quick") }
            for id in 1...100 { _ = try await sender.answer(to: .integer(Int64(id))) }
            #expect(try entries("/proc/\(agent.identifier)/fd") == descriptors)
            #expect(try children(of: agent.identifier) == 0)
        }
    }
}

/// How many processes have this parent.
func children(of parent: pid_t) throws -> Int {
    let output = try? ChildProgram.run("/usr/bin/pgrep", "-P", "\(parent)")
    return output?.split(separator: "\n").count ?? 0
}

/// The resident set of a process.
func residentKilobytes(_ process: pid_t) throws -> Int {
    let status = try ChildProgram.run("/bin/grep", "VmRSS", "/proc/\(process)/status")
    return Int(status.filter(\.isNumber)) ?? 0
}

/// How many entries a directory has.
func entries(_ directory: String) throws -> Int {
    try ChildProgram.run("/bin/ls", directory).split(separator: "\n").count
}
