import Glibc
import JSON
import MQTT
import TestSupport
import Testing

/// `recoverctl enroll`, from the list of hosts to agents that work.
@Suite(.crowd)
struct EnrollTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "ca.key")
        chmod(directory.path("ca.key"), 0o600)
    }

    /// Runs it in the directory of the test.
    @discardableResult
    private func openssl(_ arguments: String...) throws -> String {
        try ChildProgram.run(["/usr/bin/env", "-C", directory.path, "/usr/bin/openssl"] + arguments)
    }

    /// Whether a process may have a host name of its own here.
    private static var mayNameHosts: Bool {
        (try? ChildProgram.run("/usr/bin/unshare", "--uts", "/bin/hostname", "web01")) != nil
    }

    private func enroll(_ hosts: String, out: String = "fleet", _ more: String...) throws -> Ended {
        try directory.write(hosts, to: "hosts.txt")
        return try Ended.running(
            [
                Programs.recoverctl, "enroll", "--from", directory.path("hosts.txt"), "--ca-key",
                directory.path("ca.key"),
                "--out", directory.path(out),
            ] + more)
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return lstat(directory.path(path), &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    private func exists(_ path: String) -> Bool { access(directory.path(path), F_OK) == 0 }

    private func names(_ path: String) throws -> [String] {
        try ChildProgram.run("/bin/ls", "-A", directory.path(path)).split(separator: "\n").map(String.init)
    }

    @Test func everyHostGetsADirectoryOfItsOwn() throws {
        let ended = try enroll("web01\n\n  db_1\t# the old one\n#web03\nWEB-2")
        #expect(ended == Ended(status: 0, output: "3 hosts: 3 made\n", errors: ""))
        #expect(try Set(names("fleet")) == ["ca.pem", "db_1", "WEB-2", "web01"])
        for host in ["web01", "db_1", "WEB-2"] {
            #expect(try Set(names("fleet/\(host)")) == ["\(host).key", "\(host).pem", "ca.pem"])
            #expect([mode("fleet/\(host)"), mode("fleet/\(host)/\(host).key")] == [0o700, 0o600])
            try openssl(
                "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", "fleet/ca.pem",
                "fleet/\(host)/\(host).pem")
            let text = try openssl(
                "x509", "-noout", "-subject", "-ext", "subjectAltName", "-in", "fleet/\(host)/\(host).pem")
            #expect(text.contains("CN = \(host)\n") && text.contains("DNS:\(host)\n"))
            #expect(try directory.text(of: "fleet/\(host)/ca.pem") == directory.text(of: "fleet/ca.pem"))
        }
        // 397 days from now, give or take an hour.
        for (seconds, isGood) in [(396, true), (398, false)] {
            let words = ["/usr/bin/openssl", "x509", "-checkend", "\(seconds * 86_400)", "-noout", "-in"]
            let outcome = try? ChildProgram.run(words + [directory.path("fleet/web01/web01.pem")])
            #expect((outcome != nil) == isGood)
        }
    }

    @Test func hostThatHasItsDirectoryKeepsIt() throws {
        #expect(try enroll("web01\nweb02\n").output == "2 hosts: 2 made\n")
        let (key, authority) = (try directory.text(of: "fleet/web01/web01.key"), try directory.text(of: "fleet/ca.pem"))
        #expect(try enroll("web01\nweb02\nweb03\n").output == "3 hosts: 1 made, 2 kept\n")
        #expect(try directory.text(of: "fleet/web01/web01.key") == key)
        let forced = try enroll("web01\n", "--force", "--json")
        #expect(forced.status == 0)
        let counts = try JSONText(Array(forced.output.utf8)).value.object?["counts"]?.object
        #expect(counts?["made"] == 1 && counts?["kept"] == 0)
        #expect(try directory.text(of: "fleet/web01/web01.key") != key)
        #expect(try directory.text(of: "fleet/ca.pem") == authority)
        #expect(try names("fleet").allSatisfy { !$0.hasPrefix(".") })
    }

    @Test func runThatWasCutOffLeavesNothingHalfDone() throws {
        mkdir(directory.path("fleet"), 0o700)
        for name in [".web01.new", ".web01.old"] {
            mkdir(directory.path("fleet/\(name)"), 0o700)
            try directory.write("x", to: "fleet/\(name)/web01.key")
        }
        #expect(try enroll("web01\n").output == "1 host: 1 made\n")
        #expect(try Set(names("fleet")) == ["ca.pem", "web01"])
    }

    @Test func badLinesAreNamedAndNothingIsMade() throws {
        let long = String(repeating: "x", count: 65)
        let ended = try enroll("web01\na.b\nweb02\n../../etc\nweb01\n\(long)\n\u{1B}[2J\n")
        let file = directory.path("hosts.txt")
        #expect(ended.status == 78)
        #expect(
            ended.errors == """
                recoverctl: \(file):2: expected the name of a host, found "a.b"
                recoverctl: \(file):4: expected the name of a host, found "../../etc"
                recoverctl: \(file):5: web01 stands in line 1 already
                recoverctl: \(file):6: \(long) has 65 characters; a certificate has room for 64
                recoverctl: \(file):7: expected the name of a host, found "\\u{1B}[2J"
                recoverctl: nothing was made

                """)
        #expect(!exists("fleet"))
        #expect(try enroll("# nobody\n").status == 5)
    }

    @Test func certificatesOfAnExistingAuthorityAreMade() throws {
        try openssl("req", "-x509", "-key", "ca.key", "-days", "30", "-subj", "/CN=House CA", "-out", "house.pem")
        let ended = try enroll("web01\n", "--ca-cert", directory.path("house.pem"))
        #expect(ended.status == 0 && ended.output == "1 host: 1 made\n")
        #expect(ended.errors.hasPrefix("recoverctl: warning: the certificates end with that of the authority, at 2"))
        try openssl("verify", "-CAfile", "house.pem", "fleet/web01/web01.pem")
        #expect(try directory.text(of: "fleet/web01/ca.pem") == directory.text(of: "house.pem"))
    }

    /// What can be wrong with what is given.
    enum Mistake: String, CaseIterable {
        case otherKey, noAuthority, noKey, openKey, badKeys, badPolicy, noKeys, days
    }

    @Test(arguments: Mistake.allCases)
    func mistakeIsToldBeforeAnythingIsMade(mistake: Mistake) throws {
        var more: [String] = []
        let expected: String
        switch mistake {
        case .otherKey:
            try openssl(
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "o.key", "-subj", "/CN=O", "-out", "o.pem")
            more = ["--ca-cert", directory.path("o.pem")]
            expected = "none of its authorities has the key"
        case .noAuthority:
            more = ["--ca-cert", try directory.write("nonsense", to: "o.pem")]
            expected = "holds no PEM certificate"
        case .noKey:
            try directory.write("nonsense", to: "ca.key")
            expected = "holds no PEM private key"
        case .openKey:
            chmod(directory.path("ca.key"), 0o644)
            expected = "everybody may read it; use: chmod o-r"
        case .badKeys:
            mkdir(directory.path("keys"), 0o700)
            try directory.write("{}", to: "keys/ops.pub")
            more = ["--keys", directory.path("keys")]
            expected = "ops.pub:1:1: needs \"key\""
        case .noKeys:
            mkdir(directory.path("keys"), 0o700)
            more = ["--keys", directory.path("keys")]
            expected = "holds no key (NAME.pub)"
        case .badPolicy:
            more = ["--policy", try directory.write("{\"rulez\": []}", to: "policy.json")]
            expected = "rulez: unknown key"
        case .days:
            more = ["--days", "0"]
            expected = "--days is a number from 1 to 3650"
        }
        try directory.write("web01\n", to: "hosts.txt")
        let ended = try Ended.running(
            [
                Programs.recoverctl, "enroll", "--from", directory.path("hosts.txt"), "--ca-key",
                directory.path("ca.key"),
                "--out", directory.path("fleet"),
            ] + more)
        #expect(ended.status == (mistake == .days ? 64 : 78))
        #expect(ended.errors.contains(expected), "\(ended.errors)")
        #expect(!exists("fleet/web01"))
    }

    @Test func keysAndPolicyComeToEveryHost() throws {
        mkdir(directory.path("keys"), 0o700)
        let key = try ChildProgram.run(
            "/bin/sh", "-c",
            "/usr/bin/openssl genpkey -algorithm ed25519 | /usr/bin/openssl pkey -pubout -outform DER | /usr/bin/openssl base64 -A"
        )
        try directory.write("{\"key\": \"\(key)\", \"roles\": [\"ops\"]}", to: "keys/ops.pub")
        try directory.write("not a key", to: "keys/notes.txt")
        let policy = try Page("conf/examples/policy.json").text
        let file = try directory.write(policy, to: "policy.json")
        #expect(try enroll("web01\n", "--keys", directory.path("keys"), "--policy", file).status == 0)
        #expect(try Set(names("fleet/web01")) == ["ca.pem", "keys", "policy.json", "web01.key", "web01.pem"])
        #expect(try names("fleet/web01/keys") == ["ops.pub"])
        #expect(try directory.text(of: "fleet/web01/keys/ops.pub") == directory.text(of: "keys/ops.pub"))
        #expect(try directory.text(of: "fleet/web01/policy.json") == policy)
    }

    /// What the page shows is done, and its one configuration file, the same bytes on two hosts, is used by both.
    @Test(.enabled(if: Self.mayNameHosts, "not everybody may give a process another host name"))
    func oneConfigurationServesEveryHost() async throws {
        let page = try Page("docs/access-lists.md")
        unlink(directory.path("ca.key"))
        let bin = Programs.agent.dropLast("/recoverd-agent".count)
        for script in try page.blocks("sh") {
            let here = script.replacing("DNS:broker.example.net", with: "IP:127.0.0.1")
            let words = ["/bin/sh", "-ec", "cd \(directory.path); exec 2>&1\n\(here)"]
            let ended = try Ended.running(words, environment: ["PATH": "\(bin):/usr/bin:/bin"])
            #expect(ended.status == 0, "\(ended)")
        }
        let broker = try await BrokerFixture(
            .init(
                accessList: try Page("conf/access-lists/mosquitto.acl").text.split(separator: "\n").map(String.init),
                lines: [
                    "certfile \(directory.path("broker.pem"))", "keyfile \(directory.path("broker.key"))",
                    "cafile \(directory.path("fleet/ca.pem"))", "require_certificate true",
                    "use_identity_as_username true",
                ]))
        let configuration = try #require(page.blocks("json config").first)
            .replacing("broker.example.net", with: "127.0.0.1:\(broker.port)")
            .replacing("/etc/recoverd/tls/ca.pem", with: directory.path("fleet/ca.pem"))
            .replacing("/etc/recoverd/tls/%h", with: directory.path("fleet/%h/%h"))
        let file = try directory.write(configuration, to: "monitor-config.json")
        let log = open(directory.path("log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        defer { close(log) }
        let agents = try ["web01", "web02"].map { host in
            try ChildProgram(
                [
                    "/usr/bin/unshare", "--uts", "/bin/sh", "-c", "hostname \"$0\" && exec \"$@\"", host,
                    Programs.agent,
                    "run", "--config", file, "--state", directory.path("state-\(host)"), "--runtime",
                    directory.path("run-\(host)"),
                ], output: log)
        }
        for host in ["web01", "web02"] {
            try await eventually("\(host) is there: \((try? directory.text(of: "log")) ?? "")") {
                broker.log.contains("Sending SUBACK to recoverd-agent-\(host)") && broker.log.contains("u'\(host)'")
                    && broker.log.contains("PUBLISH from recoverd-agent-\(host) (d0, q1, r1, m")
            }
        }
        for agent in agents { agent.end(SIGTERM) }
        #expect(!broker.log.contains("Denied"))
    }
}
