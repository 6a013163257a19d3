import Glibc
import JSON
import TestSupport
import Testing

/// State directories that an agent must not use (A09, C30).
@Suite(.crowd)
struct RefusedStartTests {
    /// Starts the agent, which does not go on; its status and what it said.
    private func refusal(_ stage: Stage) throws -> (status: CInt, text: String) {
        let before = stage.agent.log.utf8.count
        try stage.agent.launch()
        // No signal: it ends by itself.
        let status = stage.agent.end(0)
        return (status, String(decoding: stage.agent.log.utf8.dropFirst(before), as: UTF8.self))
    }

    @Test("A09: the second agent of a directory is refused") func secondAgentOfADirectoryIsRefused() async throws {
        try await Stage.with {
            ["hold": Stage.held("echo done", in: $0)]
        } _: { stage in
            stage.sender.send(1, "t", "hold")
            try await stage.executions(1)
            let second = try Ended.running([
                Programs.agent, "run", "--config", stage.agent.directory.path("monitor-config.json"), "--state",
                stage.agent.directory.path("state"), "--runtime", stage.agent.runtime,
            ])
            #expect(second.status == 1)
            let said = second.errors + second.output
            #expect(said.contains("is in use by process \(stage.agent.identifier); one agent per state directory"))
            stage.openGate()
            #expect(try await stage.sender.answer(to: 1).code == 0)
            #expect(stage.executed.count == 1)
        }
    }

    /// What may be found in place of the journal, and what is said then.
    private static let journals: [(content: String, text: String)] = [
        (String(repeating: "garbage ", count: 1000), "--reset-journal"), ("", "is empty"),
    ]

    @Test("C30: what is no journal is refused, and can be set aside", arguments: journals.indices)
    func whatIsNoJournalIsRefusedAndSetAside(index: Int) async throws {
        let (content, text) = Self.journals[index]
        try await Stage.with {
            ["count": .string(Stage.noted(in: $0))]
        } _: { stage in
            #expect(try await stage.sender.ask(1, "t", "count").code == 0)
            stage.agent.end()
            let journal = "state/journal.sqlite"
            for suffix in ["-wal", "-shm"] { unlink(stage.agent.directory.path(journal + suffix)) }
            try stage.agent.directory.write(content, to: journal)
            let refusal = try refusal(stage)
            #expect(refusal.status == 1 && refusal.text.contains(text), "\(refusal)")
            #expect(refusal.text.contains("the main plugin cannot be") && !refusal.text.contains("the others go on"))
            // It was not touched.
            #expect(try stage.agent.directory.text(of: journal) == content)
            try await reset(stage)
        }
    }

    @Test("C30: the journal of a later release is refused with both versions")
    func journalOfALaterReleaseIsRefusedWithBothVersions() async throws {
        try await Stage.with {
            ["count": .string(Stage.noted(in: $0))]
        } _: { stage in
            #expect(try await stage.sender.ask(1, "t", "count").code == 0)
            stage.agent.end()
            let path = stage.agent.directory.path("state/journal.sqlite")
            // The version is the big-endian number at byte 60 of the file (https://www.sqlite.org/fileformat.html).
            let file = open(path, O_RDWR | O_CLOEXEC)
            #expect(pwrite(file, [0, 0, 3, 231] as [UInt8], 4, 60) == 4)
            close(file)
            for suffix in ["-wal", "-shm"] { unlink(path + suffix) }
            let refusal = try refusal(stage)
            #expect(refusal.status == 1 && refusal.text.contains("999"), "\(refusal)")
            try await reset(stage)
        }
    }

    /// With the flag it starts, has forgotten all tasks, and has kept the old file.
    private func reset(_ stage: Stage) async throws {
        let executed = stage.executed.count
        try stage.agent.launch(flags: ["--reset-journal"])
        stage.sender.send(1, "t", "count")
        try await stage.executions(executed + 1)
        try await eventually("it says where the old one is") { stage.agent.log.contains("the old journal is kept as") }
        #expect(stage.agent.end() == 0)
    }

    @Test func directoryThatOthersMayWriteIsRefused() async throws {
        try await Stage.with { _ in
            ["echo": "echo hi"]
        } _: { stage in
            stage.agent.end()
            let state = stage.agent.directory.path("state")
            #expect(chmod(state, 0o777) == 0)
            let refusal = try refusal(stage)
            #expect(refusal.status == 1 && refusal.text.contains("be writable by nobody else"), "\(refusal)")
            #expect(chmod(state, 0o700) == 0)
            try await stage.agent.start(stage.broker)
            #expect(try await stage.sender.ask(1, "t", "echo").code == 0)
        }
    }
}
