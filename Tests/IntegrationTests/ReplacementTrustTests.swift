import Audit
import CommandCatalog
import Glibc
import JSON
import TestSupport
import Testing

/// Who may replace a configuration, and what is noted of it: a kind of its own, and never what stands in it.
@Suite(.crowd)
struct ReplacementTrustTests {
    private static let rules: JSONValue = [
        ["action": "allow", "who": "role:operator", "kind": "*", "service": "*", "command": "*"],
        ["action": "allow", "who": "guest", "kind": "config", "service": "app"],
    ]

    private func task(_ signer: Signer, _ id: Int64, _ text: String, service: String = "app") throws -> [UInt8] {
        let request = ReplaceRequest(service: try #require(Name(service)), change: .text(text))
        return signer.task(id, .replace(request))
    }

    @Test("T34: replacing is a kind of its own, and what is replaced is told to nobody") func kindOfItsOwn()
        async throws
    {
        let trust = try Trust(rules: Self.rules)
        let place = try TemporaryDirectory()
        try place.write("old", to: "app.conf")
        var members = trust.members
        members["LogLevel"] = "debug"
        members["Plugins"] = ["config-replacer": ["own_configuration": true, "confirm": "5s"]]
        members["Services"] = [
            "app": [
                "configuration": [
                    "path": .string(place.path("app.conf")),
                    "check": "cat \"$1\"; ! grep -q broken \"$1\"",
                ]
            ]
        ]
        let broker = try await BrokerFixture()
        let agent = try await AgentFixture(broker, members)
        try await Sender.with(broker) { sender in
            // Whoever may run everything may not replace a configuration.
            sender.publish(try task(trust.ops, 1, "Password \"planted-1\""))
            let denied = try await sender.answer(to: 1)
            #expect(denied.code == 0x1007 && denied["reason"] == "denied")
            #expect(try place.text(of: "app.conf") == "old")

            let text = "Password \"planted-2\"\n"
            sender.publish(try task(trust.guest, 2, text))
            #expect(try await sender.answer(to: 2).code == 0)
            #expect(try place.text(of: "app.conf") == text)

            sender.publish(try task(trust.guest, 3, "Password \"planted-3\" broken"))
            let broken = try await sender.answer(to: 3)
            #expect(broken.code == 0x2002 && broken.message?.contains("***") == true)

            // The agent's own is another service, and unsigned ones are nobody's.
            sender.publish(try task(trust.guest, 4, "{}", service: "agent"))
            #expect(try await sender.answer(to: 4).code == 0x1007)
            let plain = try await sender.ask(5, ["replace": ["service": "app", "text": "x"]])
            #expect(plain.code == 0x1006)

            // One bit of it changed is another configuration, which nobody has signed.
            let forged = String(decoding: try task(trust.guest, 6, "aaaa"), as: UTF8.self)
                .replacing("aaaa", with: "aaab")
            sender.publish(Array(forged.utf8))
            #expect(try await sender.answer(to: 6).code == 0x1006)
            #expect(try place.text(of: "app.conf") == text)

            let service = try #require(Name("app"))
            let digest = try #require(ReplaceRequest(service: service, change: .text(text)).contentDigest)
            let accepted = try #require(try trust.lines().first { $0.event == .accepted && $0["key"] == "guest" })
            #expect(accepted["key"] == "guest" && accepted["service"] == "app")
            #expect(accepted["note"]?.contains(digest) == true)
            try await eventually("the status tells of it") { agent.status?["configurations"] != nil }
            let history = try Ended.running([
                Programs.recoverctl, "config", "history", "app", "--state", agent.directory.path("state"),
            ])
            #expect(history.status == 0 && history.output.contains("guest"))
            let told = [
                agent.log, try trust.directory.text(of: "audit.log"), history.output,
                JSONValue.object(agent.status ?? [:]).text, broken.message ?? "",
            ]
            for text in told { #expect(!text.contains("planted")) }
        }
    }
}
