import CommandCatalog
import Glibc
import JSON
import Signatures
import TestSupport
import Testing

/// `recoverctl key`, `policy`: the operator's side of who may what.
@Suite(.crowd)
struct RecoverctlKeyTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func run(_ arguments: String...) throws -> Ended { try Ended.running([Programs.recoverctl] + arguments) }

    private func key(_ verb: String, _ arguments: String...) throws -> Ended {
        try Ended.running([Programs.recoverctl, "key", verb] + arguments + ["--keys", directory.path("keys.d")])
    }

    private func generate(_ arguments: String...) throws -> Ended {
        try Ended.running([Programs.recoverctl, "key", "generate"] + arguments + ["--out", directory.path])
    }

    private func document(_ ended: Ended) throws -> JSONObject {
        try #require(JSONText(Array(ended.output.utf8)).value.object, "\(ended.output)\(ended.errors)")
    }

    private func lastLine(_ ended: Ended) -> Substring { ended.output.split(separator: "\n").last ?? "" }

    private func mode(_ name: String) -> mode_t {
        var status = stat()
        return stat(directory.path(name), &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test func keyIsMadeTrustedListedAndRevoked() throws {
        let made = try generate("ops", "--role", "operator", "--role", "central", "--not-after", "365d")
        #expect(made.status == 0, "\(made.errors)")
        #expect(mode("ops.pem") == 0o600)
        // What is secret is in the one file only.
        let secret = try directory.text(of: "ops.pem").split(separator: "\n")[1]
        let open = try directory.text(of: "ops.pub")
        #expect(!made.output.contains(secret) && !open.contains(secret))
        let signing = try SigningKey(file: directory.path("ops.pem"))
        let trusted = try key("trust", directory.path("ops.pub"), "--json")
        #expect(trusted.status == 0, "\(trusted.errors)")
        #expect(try document(trusted)["key"] == .string("\(signing.verificationKey)"))
        let listed = try key("list")
        #expect(listed.status == 0)
        #expect(listed.output.contains("ops   valid  operator, central  -           2"))
        #expect(lastLine(listed) == "1 key: 1 usable")
        let revoked = try key("revoke", "ops")
        #expect(revoked.status == 0)
        #expect(lastLine(revoked) == "1 key: ops revoked; 0 usable left")
        let after = try key("list", "--json")
        #expect(after.status == 2)
        let keys = try #require(try document(after)["keys"]?.array).compactMap(\.object)
        #expect(keys.map { $0["state"] } == ["revoked"])
        #expect(keys.map { $0["roles"] } == [["operator", "central"]])
        #expect(try document(after)["schema"] == 1)
    }

    @Test func nothingIsOverwrittenAndNoHalfIsLeft() throws {
        #expect(try generate("ops").status == 0)
        let secret = try directory.text(of: "ops.pem")
        #expect(try generate("ops").status == 4)
        unlink(directory.path("ops.pub"))
        #expect(try generate("ops").status == 4)
        #expect(try directory.text(of: "ops.pem") == secret)
        #expect(mode("ops.pub") == 0)
        // Where others may write, they could put another key in its place.
        chmod(directory.path, 0o777)
        let open = try generate("other")
        chmod(directory.path, 0o700)
        #expect(open.status == 78)
        #expect(mode("other.pem") == 0 && mode("other.pub") == 0)
    }

    @Test(arguments: [
        ["bad name"], ["-x"], [".hidden"], ["ops", "--role", "a b"], ["ops", "--not-after", "yesterday"],
        ["ops", "--not-after", "2020-01-01T00:00:00Z"], [],
    ])
    func wrongUsageMakesNothing(arguments: [String]) throws {
        let ended = try Ended.running(
            [Programs.recoverctl, "key", "generate"] + arguments + ["--out", directory.path])
        #expect(ended.status == 64, "\(ended)")
        #expect(try ChildProgram.run("/bin/ls", "-A", directory.path).isEmpty)
    }

    @Test func mistakesOfFilesComeFirst() throws {
        #expect(try generate("ops").status == 0)
        #expect(try key("trust", directory.path("ops.pub")).status == 0)
        try directory.write("{\"key\": \"\\u001b[2J\"}", to: "keys.d/zzz.pub")
        let listed = try key("list")
        #expect(listed.status == 78)
        let rows = listed.output.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(rows[1].prefix(2) == ["zzz.pub", "mistake"])
        #expect(rows[2].prefix(2) == ["ops", "valid"])
        #expect(lastLine(listed) == "1 key: 1 usable, 1 mistake")
        // An agent that runs takes no new key beside a mistake.
        #expect(try generate("next").status == 0)
        let next = try key("trust", directory.path("next.pub"))
        #expect(next.status == 78 && lastLine(next) == "1 key: trusted")
        #expect(next.errors.contains("zzz.pub"))
        #expect(!listed.output.contains("\u{1B}"))
    }

    @Test func whoTrustsIsToldWhyNot() throws {
        #expect(try generate("ops").status == 0)
        let file = directory.path("ops.pub")
        #expect(try key("trust", file).status == 0)
        #expect(try key("trust", file).status == 0)
        let twin = try key("trust", file, "--name", "twin")
        #expect(twin.status == 4)
        #expect(twin.errors == "recoverctl: twin: it is trusted as ops already; a key has one name\n")
        #expect(try key("revoke", "nobody").status == 5)
        #expect(try key("trust", directory.path("ops.pem")).status == 64)
        #expect(try key("trust", directory.path("none.pub")).status == 78)
        #expect(try run("key", "list", "--keys", directory.path("none")).status == 78)
        #expect(try run("key").status == 64)
    }

    /// As it comes from another host; its file belongs to nobody here.
    @Test func keyMayComeByStandardInput() throws {
        #expect(try generate("ops").status == 0)
        func trust(_ source: String, _ name: String) throws -> Ended {
            try Ended.running([
                "/bin/sh", "-c", "\(source) | \"$1\" key trust - --keys \"$2\" \(name)", "sh", Programs.recoverctl,
                directory.path("keys.d"),
            ])
        }
        #expect(try trust("cat \(directory.path("ops.pub"))", "").status == 64)
        #expect(try trust("head -c 20 \(directory.path("ops.pub"))", "--name ops").status == 78)
        #expect(try trust("yes", "--name ops").status == 78)
        #expect(try trust("cat \(directory.path("ops.pub"))", "--name ops").status == 0)
        #expect(try directory.text(of: "keys.d/ops.pub") == directory.text(of: "ops.pub"))
    }

    // MARK: Policy

    private static let policy = """
        {
          "rules": [
            { "action": "deny", "who": "old", "service": "*", "command": "*" },
            { "action": "allow", "who": "role:operators", "service": "web", "command": "re*", "parameters": { "port": [80] } },
            { "action": "allow", "who": "@unsigned", "service": "agent", "command": "ping" },
            { "action": "allow", "who": "role:operators", "kind": "cancel" },
            { "action": "allow", "who": "night", "service": "web", "command": "*", "when": { "from": "22:00", "to": "06:00" } }
          ]
        }
        """

    @Test(arguments: [
        ("", 0, "5 rules, 0 warnings"),
        (
            "--by joe --role operators web restart --parameter port=80", 0,
            "command web/restart from key joe (role:operators): allowed by rule 2, policy.json:4"
        ),
        (
            "--by joe --role operators web restart --parameter port=SECRET", 4,
            "denied: no rule allows command web/restart from key joe (role:operators)"
        ),
        ("--by old web restart", 4, "command web/restart from key old: denied by rule 1, policy.json:3"),
        (
            "--unsigned agent ping", 0,
            "command agent/ping from a sender without signature: allowed by rule 3, policy.json:5"
        ),
        (
            "--by joe --role operators --kind cancel", 0,
            "cancel from key joe (role:operators): allowed by rule 4, policy.json:6"
        ),
        (
            "--by night web stop --at 2026-11-21T23:00:00Z", 0,
            "command web/stop from key night: allowed by rule 5, policy.json:7"
        ),
        ("--by night web stop --at 2026-11-21T12:00:00Z", 4, "denied: no rule allows command web/stop from key night"),
        ("--by night --kind config collectd", 4, "denied: no rule allows config collectd from key night"),
    ])
    func verdictIsThatOfTheLibrary(arguments: String, status: Int32, last: String) throws {
        let file = try directory.write(Self.policy, to: "policy.json")
        let words = arguments.split(separator: " ").map(String.init)
        let ended = try Ended.running([Programs.recoverctl, "policy", "check", "--policy", file] + words)
        #expect(ended.status == status, "\(ended.errors)")
        #expect(lastLine(ended) == last)
        // Every rule says why; values of parameters never stand there.
        let lines = ended.output.split(separator: "\n").dropLast()
        #expect(lines.count == (words.isEmpty ? 0 : 5))
        let json = try Ended.running([Programs.recoverctl, "policy", "check", "--policy", file, "--json"] + words)
        #expect(json.status == status)
        #expect(!json.output.contains("SECRET") && !ended.output.contains("SECRET"))
        let document = try document(json)
        #expect(document["allowed"]?.bool == (words.isEmpty ? nil : status == 0))
        #expect(document["explanation"]?.array?.count == (words.isEmpty ? nil : 5))
    }

    @Test(arguments: [
        "web restart", "--by joe", "--by joe --unsigned web restart", "--by joe web", "--role a web restart",
        "--by joe --role a --keys d web restart", "--by joe --kind config web x", "--by joe --kind what web x",
        "--by joe web restart --parameter SECRET", "--by joe web x --parameter a=SECRET --parameter a=SECRET",
        "--by joe web restart --at noon",
    ])
    func wrongQuestionIsUsage(arguments: String) throws {
        let file = try directory.write(Self.policy, to: "policy.json")
        let ended = try Ended.running(
            [Programs.recoverctl, "policy", "check", "--policy", file]
                + arguments.split(separator: " ").map(String.init))
        #expect(ended.status == 64, "\(ended)")
        #expect(!ended.errors.contains("SECRET"))
    }

    @Test func mistakesOfAPolicyAreToldWithTheirPlaces() throws {
        let file = try directory.write("{ \"rules\": [\n{ \"action\": \"alow\" } ] }", to: "policy.json")
        let ended = try run("policy", "check", "--policy", file, "--unsigned", "web", "restart")
        #expect(ended.status == 78)
        #expect(ended.errors.contains("policy.json:2:"))
        #expect(try run("policy", "check", "--policy", directory.path("none")).status == 78)
        #expect(try run("policy", "check").status == 64)
    }

    @Test func namesThatTheCatalogLacksAreWarnedOf() throws {
        let file = try directory.write(Self.policy, to: "policy.json")
        let config = try directory.write(
            "{\"Services\": {\"web\": {\"commands\": {\"restart\": \"/bin/true\"}}}, \"Host\": \"of no interest\"}",
            to: "main.json")
        let ended = try run(
            "policy", "check", "--policy", file, "--config", config, "--by", "night", "web", "stop")
        #expect(ended.output.contains("warning: the service \"web\" of the catalog has no command \"stop\"\n"))
        #expect(ended.output.contains("no command that it is about has a parameter \"port\""))
        let broken = try directory.write("{\"Services\": {\"web\": {\"commands\": {\"x\": 1}}}}", to: "broken.json")
        #expect(try run("policy", "check", "--policy", file, "--config", broken).status == 78)
    }

    @Test func rolesMayComeFromTheKeysOfTheHost() throws {
        let file = try directory.write(Self.policy, to: "policy.json")
        #expect(try generate("joe", "--role", "operators").status == 0)
        #expect(try key("trust", directory.path("joe.pub")).status == 0)
        let question = [
            Programs.recoverctl, "policy", "check", "--policy", file, "--keys", directory.path("keys.d"), "--by", "joe",
            "web", "restart", "--parameter", "port=80",
        ]
        #expect(try Ended.running(question).status == 0)
        #expect(try key("revoke", "joe").status == 0)
        let revoked = try Ended.running(question)
        #expect(revoked.status == 4)
        #expect(revoked.errors.contains("the key joe is revoked"))
        #expect(
            try run("policy", "check", "--policy", file, "--keys", directory.path("keys.d"), "--by", "ann", "web", "x")
                .status == 4)
    }
}
