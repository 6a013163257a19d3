import CSystem
import CommandCatalog
import Glibc
import TestSupport
import Testing

@testable import RemoteExecutor

/// What a command finds when it starts.
@Suite(.crowd)
struct SurroundingsTests {
    /// T11: the whole environment.
    @Test func environmentIsMinimalAndComplete() async throws {
        let run = RunID(rawValue: 0xABC)
        let settings = RunBench.settings {
            $0.directory = "/tmp"
            $0.environment = [
                EnvironmentVariable(name: "LC_CTYPE", value: "C"), EnvironmentVariable(name: "EXTRA", value: "a=b\nc"),
                EnvironmentVariable(name: "RECOVERD_RUN", value: "mine"),
            ]
        }
        let outcome = try await RunBench().run(.program(["/usr/bin/env", "-0"]), settings, run: run)
        let own = Account.own()
        #expect(
            outcome.stdout.text().split(separator: "\0").map(String.init) == [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=\(own.home)",
                "USER=\(own.name)", "LOGNAME=\(own.name)", "PWD=/tmp", "RECOVERD_RUN=0000000000000abc", "LC_CTYPE=C",
                "EXTRA=a=b\nc",
            ])
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let line: String
        let output: String
        let settings: CommandSettings
        var testDescription: String { line }

        init(_ line: String, _ output: String, _ change: (inout CommandSettings) -> Void = { _ in }) {
            self.line = line
            self.output = output
            settings = RunBench.settings(change)
        }
    }

    /// T12, T13: descriptors, signals and limits as /proc tells.
    @Test(arguments: [
        // The third is the directory that ls itself reads.
        Row("exec ls /proc/self/fd | tr '\\n' ' '", "0 1 2 3 "),
        Row("readlink /proc/self/fd/0", "/dev/null"),
        Row("cat; echo $?", "0"),
        Row(
            "grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -d '\\t\\n'",
            "SigBlk:0000000000000000SigIgn:0000000000000000"),
        Row("umask", "0022"),
        Row("umask", "0077") { $0.umask = 0o077 },
        Row("pwd; echo $PWD", "/\n/"),
        Row("pwd; echo $PWD", "/tmp\n/tmp") { $0.directory = "/tmp" },
        Row("test $$ = $(ps -o sid= -p $$) && test $$ = $(ps -o pgid= -p $$) && echo leader", "leader"),
        Row("ulimit -Sc; ulimit -Hc", "0\n0") { $0.limits = [ResourceLimit(.core, 0)] },
        Row("ulimit -n", "77") { $0.limits = [ResourceLimit(.openFiles, 77)] },
        Row("ulimit -t", "9") { $0.limits = [ResourceLimit(.cpu, 9)] },
        Row("ulimit -f", "2") { $0.limits = [ResourceLimit(.fileSize, 1024)] },
        Row("ulimit -v", "1048576") { $0.limits = [ResourceLimit(.addressSpace, 1 << 30)] },
        Row("ulimit -p", "123") { $0.limits = [ResourceLimit(.processes, 123)] },
    ])
    func surroundingsAreAsPromised(_ row: Row) async throws {
        let outcome = try await RunBench().shell(row.line, row.settings)
        #expect(outcome.stdout.message == row.output)
        #expect(outcome.stderr.text() == "")
    }

    /// T12: three, and the directory that ls reads.
    @Test func descriptorsOfAProgramAreThreeEvenBesideManyOthers() async throws {
        // In a process of its own, because other tests start processes that would inherit these.
        await #expect(processExitsWith: .success) {
            for _ in 0..<200 {
                #expect(open("/dev/null", O_RDONLY) > 0)
            }
            let outcome = try await RunBench().run(.program(["/bin/ls", "/proc/self/fd"]))
            #expect(outcome.stdout.message == "0\n1\n2\n3")
        }
    }

    @Test func agentWithoutStandardDescriptorsGivesThemToCommands() async throws {
        await #expect(processExitsWith: .success) {
            let saved = (0...2).map { fcntl($0, F_DUPFD_CLOEXEC, 10) }
            for descriptor in Int32(0)...2 {
                close(descriptor)
            }
            let bench = try RunBench()
            let settings = RunBench.settings { $0.user = geteuid() == 0 ? "root" : nil }
            for settings in [settings, CommandSettings()] {
                let outcome = try await bench.shell(
                    "readlink /proc/self/fd/0; cat; echo err >&2; ls /proc/self/fd", settings)
                #expect(outcome.stdout.message == "/dev/null\n0\n1\n2\n3")
                #expect(outcome.stderr.message == "err")
            }
            bench.runs.stop()
            for (index, descriptor) in saved.enumerated() {
                dup2(descriptor, Int32(index))
            }
        }
    }

    /// T31: who a command is.
    @Test(
        .enabled(if: geteuid() == 0, "only root may take on another user"),
        arguments: [
            (user: "nobody", group: String?.none, expected: "65534 65534 65534 nobody"),
            (user: "65534", group: String?.none, expected: "65534 65534 65534 nobody"),
            (user: "nobody", group: "daemon", expected: "65534 1 1 65534 nobody"),
            (user: "nobody", group: "4711", expected: "65534 4711 4711 65534 nobody"),
            (user: "root", group: String?.none, expected: "0 0 0 root"),
        ])
    func userAndGroupAreTakenOn(user: String, group: String?, expected: String) async throws {
        let settings = RunBench.settings {
            $0.user = user
            $0.group = group
        }
        let outcome = try await RunBench().shell("echo $(id -u) $(id -g) $(id -G) $USER", settings)
        #expect(outcome.ending == .exited(0))
        #expect(Set(outcome.stdout.message.split(separator: " ")) == Set(expected.split(separator: " ")))
    }

    /// The sets that /proc tells, in hexadecimal: inheritable, permitted, effective, bounding, ambient.
    private static let sets = "grep -E '^(Cap|NoNewPrivs)' /proc/self/status | tr -d '\\t\\n'"

    @Test(
        "T31, T32: a command has the capabilities of its entry and can get no others",
        .enabled(if: geteuid() == 0, "only root has capabilities to lose"),
        arguments: [
            (user: "nobody", names: ["CAP_NET_ADMIN", "CAP_CHOWN"], bits: "0000000000001001", forbids: 0),
            (user: "nobody", names: [], bits: "0000000000000000", forbids: 1),
            (user: "root", names: ["CAP_KILL"], bits: "0000000000000020", forbids: 0),
            (user: "root", names: [], bits: "0000000000000000", forbids: 1),
        ] as [(String, [String], String, Int)])
    func capabilitiesAreThoseOfTheEntry(user: String, names: [String], bits: String, forbids: Int) async throws {
        var capabilities = Capabilities()
        for name in names { capabilities.insert(name) }
        let settings = RunBench.settings {
            $0.user = user
            $0.capabilities = capabilities
            $0.forbidsNewPrivileges = forbids == 1
        }
        let outcome = try await RunBench().shell(Self.sets, settings)
        let expected = ["CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"].map { $0 + bits }.joined()
        #expect(outcome.stdout.message == expected + "NoNewPrivs:\(forbids)")
    }

    @Test(
        "T10: a program that strangers could have changed is not executed",
        .enabled(if: geteuid() == 0, "only root can give files away"))
    func programOfStrangersIsNotExecuted() async throws {
        let bench = try RunBench()
        let directory = try TemporaryDirectory()
        try directory.write("#!/bin/sh\necho ran\n", to: "program")
        let program = directory.path("program")
        chmod(program, 0o755)
        #expect(try await bench.run(.program([program])).stdout.message == "ran")
        chmod(program, 0o757)
        // The verdict of a moment ago holds for a second.
        var failure: StartFailure?
        for _ in 0..<1000 where failure == nil {
            failure = try await bench.run(.program([program])).failure
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(failure?.step == .trust)
        #expect(failure?.text.contains("may be changed by everybody") == true)
    }

    @Test(.enabled(if: geteuid() == 0, "only root may take on another user"))
    func anotherUserFailsTheSameWay() async throws {
        let bench = try RunBench()
        let settings = RunBench.settings { $0.user = "nobody" }
        #expect(try await bench.run(.program(["/nonexistent"]), settings).failure?.errno == ENOENT)
        #expect(try await bench.run(.program(["/bin/cat", "/etc/shadow"]), settings).code == 1)
        let secret = RunBench.settings {
            $0.user = "nobody"
            $0.directory = "/proc/1/cwd"
        }
        #expect(try await bench.run(.program(["/bin/true"]), secret).failure?.step == .directory)
    }

    @Test func agentsOwnSoftLimitOfDescriptorsIsGivenBack() async throws {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 100, rlim_max: 4000)
            #expect(setrlimit(__rlimit_resource_t(7), &limit) == 0)
            let outcome = try await RunBench().shell("ulimit -Sn; ulimit -Hn")
            #expect(outcome.stdout.message == "100\n4000")
            getrlimit(__rlimit_resource_t(7), &limit)
            #expect(limit.rlim_cur == 4000)
        }
    }

    /// T13: what we ignore.
    @Test func ignoredSignalsAreNotInherited() async throws {
        await #expect(processExitsWith: .success) {
            for number in [SIGPIPE, SIGCHLD, SIGHUP] {
                signal(number, SIG_IGN)
            }
            let bench = try RunBench()
            let outcome = try await bench.run(.program(["/bin/grep", "SigIgn", "/proc/self/status"]))
            #expect(outcome.ending == .exited(0))
            #expect(outcome.stdout.message == "SigIgn:\t0000000000000000")
        }
    }
}
