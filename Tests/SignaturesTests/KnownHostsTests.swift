import CommandCatalog
import ConfigurationReader
import Glibc
import Signatures
import TestSupport
import Testing

/// Threat T29: the key of a host is taken at its word once.
struct KnownHostsTests {
    private let directory: TemporaryDirectory
    private let key = SigningKey.random().verificationKey
    private let host: HostIdentity

    init() throws {
        directory = try TemporaryDirectory()
        host = try #require(HostIdentity("web01"))
    }

    @Test func firstKeyIsKeptAndAnotherIsAnAlarm() {
        var hosts = KnownHosts()
        let other = SigningKey.random().verificationKey
        #expect(hosts.see(key, of: host) == .pinned)
        #expect(hosts.see(key, of: host) == .known)
        for _ in 0..<2 { #expect(hosts.see(other, of: host) == .changed(from: key)) }
        #expect(hosts.see(key, of: host) == .known)
        hosts.replace(host, with: other)
        #expect(hosts.see(other, of: host) == .known)
        hosts.replace(host, with: nil)
        #expect(hosts.see(key, of: host) == .pinned)
    }

    @Test func hostBeyondTheBoundIsNotNoted() throws {
        var hosts = KnownHosts()
        for number in 0..<KnownHosts.mostHosts {
            hosts.replace(try #require(HostIdentity("web\(number)")), with: key)
        }
        #expect(hosts.see(key, of: try #require(HostIdentity("one-more"))) == .full)
        #expect(hosts.see(key, of: try #require(HostIdentity("web7"))) == .known)
        #expect(hosts.keys.count == KnownHosts.mostHosts)
    }

    @Test func fileComesBackAsItWasWritten() throws {
        let path = directory.path("hosts.json")
        #expect(try KnownHosts(file: path) == KnownHosts())
        var hosts = KnownHosts()
        try hosts.write(to: path)
        #expect(try KnownHosts(file: path) == hosts)
        for index in 0..<50 {
            _ = hosts.see(SigningKey.random().verificationKey, of: try #require(HostIdentity("web\(index)")))
        }
        try hosts.write(to: path)
        #expect(try KnownHosts(file: path) == hosts)
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(try ChildProgram.run("/bin/ls", directory.path) == "hosts.json\n")
    }

    @Test func whatCannotBeWrittenLeavesTheFile() throws {
        let path = try directory.write("{}\n", to: "hosts.json")
        mkdir(path + ".\(getpid()).new", 0o700)
        var hosts = KnownHosts()
        _ = hosts.see(key, of: host)
        #expect(throws: ConfigurationProblem.self) { try hosts.write(to: path) }
        #expect(try directory.text(of: "hosts.json") == "{}\n")
    }

    @Test func placeThatCannotBeWrittenIsNamed() throws {
        let known = KnownHosts()
        let missing = #expect(throws: ConfigurationProblem.self) { try known.write(to: directory.path("no/where")) }
        #expect(missing?.message == "cannot be created: No such file or directory")
        // A folder with something in it, where the file should be.
        mkdir(directory.path("folder"), 0o700)
        try directory.write("x", to: "folder/x")
        let folder = #expect(throws: ConfigurationProblem.self) { try known.write(to: directory.path("folder")) }
        #expect(folder?.message.hasPrefix("cannot be replaced: ") == true)
        #expect(try directory.text(of: "folder/x") == "x")
        let below = #expect(throws: ConfigurationError.self) {
            try KnownHosts.update(file: directory.path("folder/x/known.json")) { _ in }
        }
        #expect(below?.description.contains("folder/x") == true)
    }

    @Test(.enabled(if: SmallDisk.isAllowed, "mounting a tmpfs needs root"))
    func diskThatIsFullOrReadOnlyLeavesTheFile() throws {
        mkdir(directory.path("disk"), 0o700)
        let disk = try SmallDisk(at: directory.path("disk"))
        defer { disk.remove() }
        let path = directory.path("disk/hosts.json")
        try KnownHosts.update(file: path) { $0.replace(host, with: key) }
        try disk.fill()
        let full = #expect(throws: ConfigurationError.self) {
            try KnownHosts.update(file: path) { $0.replace(host, with: nil) }
        }
        #expect(full?.description.contains("cannot be written: No space left on device") == true)
        disk.empty()
        try disk.remount("ro")
        let readOnly = #expect(throws: ConfigurationError.self) {
            try KnownHosts.update(file: directory.path("disk/new/hosts.json")) { _ in }
        }
        #expect(readOnly?.description.contains("disk/new: cannot be made: Read-only file system") == true)
        #expect(try KnownHosts(file: path).keys == [host: key])
        #expect(try ChildProgram.run("/bin/ls", disk.path) == "hosts.json\nhosts.json.lock\n")
    }

    @Test(arguments: [
        "", "[]", "{\"web01\": 1}", "{\"web01\": \"\"}", "{\"a b\": \"\"}", "{\"web01\": {}, \"web01\": {}}",
    ])
    func brokenFileIsNotHalfRead(text: String) throws {
        let path = try directory.write(text, to: "hosts.json")
        #expect(throws: ConfigurationError.self) { try KnownHosts(file: path) }
    }

    @Test func fileThatOthersMayWriteIsRefused() throws {
        let path = try directory.write("{}", to: "hosts.json", mode: 0o666)
        #expect(throws: ConfigurationError.self) { try KnownHosts(file: path) }
    }

    @Test func manySendersAtOnceLoseNothing() async throws {
        let path = directory.path("not/yet/there/hosts.json")
        let pairs = try (0..<40).map { (try #require(HostIdentity("web\($0)")), SigningKey.random().verificationKey) }
        try await withThrowingTaskGroup { group in
            for (host, key) in pairs {
                group.addTask {
                    let sight = try KnownHosts.update(file: path, patience: .seconds(600)) { $0.see(key, of: host) }
                    #expect(sight == .pinned)
                }
            }
            try await group.waitForAll()
        }
        #expect(try KnownHosts(file: path).keys == Dictionary(uniqueKeysWithValues: pairs))
        var status = stat()
        #expect(stat(directory.path("not/yet"), &status) == 0 && status.st_mode & 0o777 == 0o700)
    }

    @Test func lockOfAnotherProcessIsAwaitedUntilTheDeadline() async throws {
        let path = directory.path("hosts.json")
        // One process, which lets go of it when it is killed.
        let locker = try ChildProgram(
            [
                "/usr/bin/flock", "--no-fork", path + ".lock", "/bin/sh", "-c",
                "echo >\(directory.path("held")); exec sleep 3600",
            ], output: STDERR_FILENO)
        try await eventually("the other process has the lock") { access(directory.path("held"), F_OK) == 0 }
        #expect(throws: ConfigurationError.self) {
            try KnownHosts.update(file: path, patience: .milliseconds(20)) { $0.see(key, of: host) }
        }
        #expect(try KnownHosts(file: path) == KnownHosts())
        locker.end(SIGKILL)
        #expect(try KnownHosts.update(file: path) { $0.see(key, of: host) } == .pinned)
    }

    @Test func unchangedFileIsNotWritten() throws {
        let path = try directory.write("{ }", to: "hosts.json")
        try KnownHosts.update(file: path) { _ in }
        #expect(try directory.text(of: "hosts.json") == "{ }")
    }

    @Test(
        arguments: [
            (["HOME": "/home/ann"], "/home/ann/.config/recoverd/known-hosts.json"),
            (["HOME": "/home/ann", "XDG_CONFIG_HOME": "/etc/ann"], "/etc/ann/recoverd/known-hosts.json"),
            (["HOME": "/home/ann", "XDG_CONFIG_HOME": "here"], "/home/ann/.config/recoverd/known-hosts.json"),
            (["HOME": "", "XDG_CONFIG_HOME": ""], nil), ([:], nil),
        ] as [([String: String], String?)])
    func usualPlace(environment: [String: String], path: String?) {
        #expect(KnownHosts.defaultPath { environment[$0] } == path)
    }
}
