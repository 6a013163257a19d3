import Glibc
import JSON
import TestSupport
import Testing

/// `recoverctl hosts cache`, and what the shells ask of it.
@Suite(.crowd)
struct NameCacheTests {
    @Test func namesOfTheCatalogsAreKept() async throws {
        let broker = try await BrokerFixture()
        let first = try await AgentFixture(broker, host: "web01")
        let second = try await AgentFixture(
            broker, host: "db1", ["Services": ["disk": ["commands": ["clean": "/bin/true"]]], "CommandTopic": .null])
        let directory = try TemporaryDirectory()
        let environment = ["XDG_CACHE_HOME": directory.path("cache"), "RECOVERD_HOST": "127.0.0.1:\(broker.port)"]
        func run(_ words: String...) throws -> Ended {
            try Ended.running([Programs.recoverctl] + words, environment: environment)
        }
        // Before there is a cache nothing is offered, and nothing is said into the line that is being typed.
        #expect(try run("complete", "hosts") == Ended(status: 0, output: "", errors: ""))
        let kept = try run("hosts", "cache")
        #expect(kept == Ended(status: 0, output: "2 hosts, 5 services, 11 commands\n", errors: ""))
        var status = stat()
        #expect(lstat(directory.path("cache/recoverd/names.json"), &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(try run("complete", "hosts").output == "db1\nweb01\n")
        #expect(try run("complete", "services", "--to=db1").output == "disk\n")
        #expect(try run("complete", "services").output == "disk\nfalse\nhello\nno-command\nt\n")
        #expect(try run("complete", "commands", "hello", "--to", "web01").output == "exec\n")
        #expect(try run("complete", "commands", "hello", "--to", "db1").output == "")
        #expect(try run("complete", "commands", "disk").output == "clean\n")
        // A file that makes no sense is none.
        try directory.write("{\"hosts\": [1", to: "cache/recoverd/names.json")
        #expect(try run("complete", "hosts") == Ended(status: 0, output: "", errors: ""))
        first.end()
        second.end()
    }
}
