import CommandCatalog
import Glibc
import JSON
import TestSupport
import Testing

/// Names and texts of a message are data: they reach no shell, no file name, no statement and no terminal.
@Suite(.crowd)
struct HostileTextTests {
    private static let texts = [
        "../../x", "a/b", ".", "..", "/etc/passwd", "-oProxyCommand=x", "; touch pwned", "$(touch pwned)",
        "`touch pwned`", "| nc", "'; DROP TABLE tasks; --", "%s%n", "%h", "\u{1B}[31mred", "\u{202E}evil", "a\u{2028}b",
        "e\u{301}", String(repeating: "x", count: 128),
    ]

    @Test("T7, T20, T36, M13, M31, M33 to M36: names only select, and never are paths, lines or statements")
    func namesOnlySelect() async throws {
        let directory = try TemporaryDirectory()
        try await Stage.with(
            in: directory,
            commands: { ["note": .string(Stage.noted(in: $0)), "caf\u{E9}": .string(Stage.noted(in: $0))] }
        ) { (stage: Stage) async throws in
            let words = Self.texts + ["__proto__", "constructor", "commands", "Note", "note ", "cafe\u{301}"]
            for (index, text) in words.enumerated() {
                let service: JSONObject = ["service": .string(text), "command": "note"]
                #expect(
                    try await stage.sender.ask(.integer(Int64(1000 + index)), service).code == refusal(text, 0x1002))
                let command: JSONObject = ["service": "t", "command": .string(text)]
                #expect(
                    try await stage.sender.ask(.integer(Int64(2000 + index)), command).code == refusal(text, 0x1003))
            }
            #expect(stage.executed.isEmpty)
            let ids = Self.texts.filter { refusal($0, nil) == nil }
            for (index, id) in ids.enumerated() {
                #expect(try await stage.sender.ask(.string(id), "t", "note").code == 0, "\(id)")
                #expect(stage.executed.count == index + 1)
            }
            // Each is found again by just its own bytes, also by the next agent.
            try await stage.restart(SIGKILL)
            for id in ids {
                // What the killed agent was told last may be told again by itself.
                let before = stage.sender.answers(to: .string(id)).count
                stage.sender.send(.string(id), "t", "note")
                try await eventually("the stored answer to \(id)") {
                    stage.sender.answers(to: .string(id)).count > before
                }
            }
            #expect(stage.executed.count == ids.count)
            let names = try FileListing.below(directory.path).map { $0.split(separator: "/").last ?? "" }
            #expect(!names.isEmpty && names.allSatisfy { $0.wholeMatch(of: #/[A-Za-z0-9.-]+/#) != nil }, "\(names)")
            #expect(!names.contains("pwned") && access("/pwned", F_OK) != 0)
        }
    }

    /// What is no name at all is no task; what is one is looked up.
    private func refusal(_ text: String, _ code: Int64?) -> Int64? {
        text.unicodeScalars.contains { $0.properties.generalCategory == .control } ? 0x1004 : code
    }

    @Test("T18, O03: foreign text makes no line of its own and commands no terminal") func logsAreOneLineAnEvent()
        async throws
    {
        let trust = try Trust()
        var members = trust.members
        members["LogLevel"] = "debug"
        members["AllowUnsigned"] = ["t"]
        try trust.write(rules: [["action": "allow", "who": "@unsigned", "service": "t", "command": "*"]])
        let commands: JSONValue = [
            "shout": "printf '\\033[31mplanted\\nfake level=error\\n\\342\\200\\256' >&2; exit 1"
        ]
        try await Stage.with(members, commands: { _ in commands }) { (stage: Stage) async throws in
            let text = JSONValue.string("planted\n2020-01-01T00:00:00Z error fake\u{1B}[2J\u{202E}\u{2028}")
            let task: JSONObject = ["service": "t", "command": "shout", "from": text, "reason": text]
            _ = try await stage.sender.ask(1, task)
            var other = task
            (other["from"], other["reason"]) = ("planted \u{202E}", "planted \u{9B}")
            stage.sender.send(2, other)
            stage.sender.publish("planted \u{1B}[2J\nfake")
            try await stage.settleUnsigned()
            let (log, audit) = (stage.agent.log, try trust.directory.text(of: "audit.log"))
            #expect(log.contains("planted"))
            for line in log.split(separator: "\n") {
                #expect(line.prefixMatch(of: #/20\d\d-\d\d-\d\dT[0-9:]+Z [a-z]+ /#) != nil, "\(line)")
                #expect(!line.hasPrefix("2020"))
            }
            for text in [log, audit] {
                #expect(!text.unicodeScalars.contains { Self.isHarmful($0) })
            }
            for line in audit.split(separator: "\n") { #expect((try? JSONText(Array(line.utf8))) != nil, "\(line)") }
        }
    }

    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar != "\n" else { return false }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: return true
        default: return false
        }
    }
}

extension Stage {
    /// Waits until an agent that takes unsigned tasks for `t` only has dealt with all that was published before.
    fileprivate func settleUnsigned() async throws {
        let id = JSONValue.string("settle-\(UInt64.random(in: 0 ... .max))")
        _ = try await sender.ask(id, "t", "none")
    }
}
