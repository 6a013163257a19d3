import CommandCatalog
import JSON
import Replacement
import Testing

@testable import recoverctl

/// From what is seen of a host to what is to be done.
@Suite struct DoctorTests {
    private static let good: JSONObject = [
        "version": .string(ProgramVersion.current), "since": "2026-01-01T00:00:00Z", "runner": "ok", "journal": "ok",
        "clock": "ok", "mqtt": ["brokers": ["b:1": ["connected": true]]],
    ]

    private static func facts(_ change: (inout HostFacts) -> Void = { _ in }) -> HostFacts {
        var facts = HostFacts(
            mainFile: "/etc/m.json", stateDirectory: "/var/lib/r",
            check: ChildProgram.End(status: 0, output: "/etc/m.json: ok, 2 plugins\n", failure: nil),
            agent: .answers(good))
        change(&facts)
        return facts
    }

    private static func answering(_ members: JSONObject) -> HostFacts {
        facts { facts in
            var status = good
            for member in members.members { status[member.name] = member.value }
            facts.agent = .answers(status)
        }
    }

    @Test func nothingIsToBeDoneWhereAllIsWell() {
        let findings = Self.facts().findings
        #expect(
            findings.map(\.check) == [
                "configuration", "rights", "disk", "agent", "runner", "clock", "broker", "TLS",
            ])
        #expect(findings.allSatisfy { $0.state == .ok && $0.next.isEmpty })
        #expect(findings[0].text == "/etc/m.json: ok, 2 plugins")
        let report = Doctor.report(findings)
        #expect(report.status == .allWell && report.summary == "8 checks: 8 ok")
    }

    private static let start = "systemctl enable --now recoverd-runner recoverd-agent"

    /// Each with the check, its state, a piece of what is said, and the command to type.
    private static let cases: [(HostFacts, String, Finding.State, String, String)] = [
        (
            facts { $0.isMainFileThere = false }, "configuration", .failed, "/etc/m.json is missing",
            "man 5 monitor-config.json, or on the broker's machine: recoverctl up HOST"
        ),
        (
            facts { $0.check = nil }, "configuration", .failed, "not installed", "apt-get install recoverd-agent"
        ),
        (
            facts { $0.check = ChildProgram.End(status: 78, output: "/etc/m.json:1: unknown key", failure: nil) },
            "configuration", .failed, "unknown key", "recoverd-agent check /etc/m.json"
        ),
        (
            facts {
                let output = "warning: /etc/m.json:2:3: KeyDirectory: no\nwarning: other\n/etc/m.json: ok\n"
                $0.check = ChildProgram.End(status: 0, output: output, failure: nil)
            },
            "configuration", .warning, "/etc/m.json:2:3: KeyDirectory: no, and 1 more",
            "recoverd-agent check /etc/m.json"
        ),
        (
            facts { $0.check = ChildProgram.End(status: 78, output: "m:1: one\nwarning: w\nm:2: two\n", failure: nil) },
            "configuration", .failed, "m:1: one, and 1 more", "recoverd-agent check /etc/m.json"
        ),
        (facts { $0.directory.isThere = false }, "rights", .failed, "/var/lib/r is missing", start),
        (
            facts { $0.directory.isOpenToOthers = true }, "rights", .failed, "others may write",
            "chown root: /var/lib/r && chmod 0700 /var/lib/r"
        ),
        (
            facts { $0.directory.isOurs = false }, "rights", .failed, "others may write",
            "chown root: /var/lib/r && chmod 0700 /var/lib/r"
        ),
        (facts { $0.directory.isReadOnly = true }, "disk", .failed, "read-only", "dmesg | tail"),
        (answering(["journal": "full"]), "disk", .failed, "the journal: full", "df -h /var/lib/r"),
        (facts { $0.directory.free = 1 << 20 }, "disk", .warning, "1 MiB", "df -h /var/lib/r"),
        (facts { $0.directory.freePercent = 4 }, "disk", .warning, "4 %", "df -h /var/lib/r"),
        (facts { $0.agent = .isSilent("no agent") }, "agent", .failed, "no agent", start),
        (facts { $0.agent = .isSilent("no agent") }, "runner", .failed, "only an agent", start),
        (facts { $0.agent = .isSilent("no agent") }, "TLS", .warning, "only an agent", start),
        (facts { $0.agent = .mayNotBeAsked("it is for root") }, "agent", .failed, "for root", "sudo recoverctl doctor"),
        (
            answering(["version": "0.0.1"]), "agent", .warning, "release 0.0.1",
            "apt-get install recoverd-agent recoverd-tools"
        ),
        (
            answering(["configuration": ["error": "line 3"]]), "agent", .failed, "older configuration: line 3",
            "recoverd-agent check /etc/m.json"
        ),
        (answering(["runner": "away"]), "runner", .failed, "does not answer", "systemctl restart recoverd-runner"),
        (
            answering(["clock": "suspect", "clock_was": "2030-01-01T00:00:00Z"]), "clock", .failed, "2030",
            "timedatectl"
        ),
        (facts { $0.isClockKept = false }, "clock", .warning, "nothing keeps it", "timedatectl set-ntp true"),
        (
            answering(["mqtt": ["brokers": ["b:1": ["connected": false, "error": "not authorised"]]]]), "broker",
            .failed,
            "does not let us in: not authorised", "journalctl -u recoverd-agent -n 20"
        ),
        (
            answering(["certificate": ["days": 12]]), "TLS", .warning, "12 days",
            "recoverctl up HOST, or recoverctl enroll, on the machine that made them"
        ),
        (
            answering(["certificate": ["days": 90, "authority": ["days": -1]]]), "TLS", .failed, "is over",
            "recoverctl up HOST, or recoverctl enroll, on the machine that made them"
        ),
        (
            answering(["certificate": ["error": "no key"]]), "TLS", .failed, "no key",
            "journalctl -u recoverd-agent -n 20"
        ),
    ]

    @Test(arguments: cases.indices) func whatIsWrongIsFoundAndOnlyThat(index: Int) throws {
        let (facts, check, state, text, next) = Self.cases[index]
        let finding = try #require(facts.findings.first { $0.check == check })
        #expect(finding.state == state && finding.text.contains(text) && finding.next == next, "\(finding)")
        let report = Doctor.report(facts.findings)
        let failed = facts.findings.contains { $0.state == .failed }
        #expect(report.status == (failed ? .targetFailed : .allWell))
        #expect(report.text(.table).contains("; next: \(next)\n"))
    }

    @Test func wayToABrokerIsLookedAtBeforeTheAgentsWord() {
        var facts = Self.answering(["mqtt": ["brokers": ["b:1": ["connected": false, "error": "timeout"]]]])
        facts.ways = ["b:1": "Connection refused"]
        #expect(
            facts.findings.contains(
                .failed("broker", "b:1 cannot be reached: Connection refused", next: "nc -vz b 1")))
    }
}
