import CommandCatalog
import Glibc
import ProgramOptions
import TestSupport
import Testing

@testable import TaskSending
@testable import send_config

/// What `send-config` makes of its command line and of what is there.
struct ConfigurationRequestTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func request(_ words: [String], _ options: [VerbOption: String] = [:]) -> Result<TaskRequest, UsageError> {
        Result { () throws(UsageError) in try TaskRequest(configuration: words, options: options) }
    }

    /// So that the predecessor's agents take it as well.
    @Test func plainFileGoesAsThePredecessorSendsIt() throws {
        let file = try directory.write("LoadPlugin cpu\n", to: "c.conf")
        #expect(try request([file]).get().verb == .config("LoadPlugin cpu\n"))
        #expect(try request([file], [.service: "collectd"]).get().verb == .config("LoadPlugin cpu\n"))
    }

    @Test func everythingElseGoesInAFormOfItsOwn() throws {
        let file = try directory.write("x", to: "c.conf")
        let service = try #require(Name("nginx"))
        #expect(
            try request([file], [.service: "nginx"]).get().verb
                == .replace(ReplaceRequest(service: service, change: .text("x"))))
        let collectd = try #require(Name("collectd"))
        #expect(
            try request([file], [.dryRun: "true", .diff: "true"]).get().verb
                == .replace(
                    ReplaceRequest(service: collectd, change: .text("x"), isDryRun: true, wantsDifference: true)))
    }

    @Test func directoryIsASet() throws {
        mkdir(directory.path("set"), 0o700)
        mkdir(directory.path("set/conf.d"), 0o700)
        try directory.write("b", to: "set/conf.d/b.conf")
        try directory.write("a", to: "set/a.conf")
        let service = try #require(Name("nginx"))
        #expect(
            try request([directory.path("set")], [.service: "nginx"]).get().verb
                == .replace(
                    ReplaceRequest(
                        service: service,
                        change: .files([.init(name: "a.conf", text: "a"), .init(name: "conf.d/b.conf", text: "b")]))))
    }

    @Test func whatCannotBeSentIsSaid() throws {
        mkdir(directory.path("empty-set"), 0o700)
        mkdir(directory.path("bad-set"), 0o700)
        try directory.write("x", to: "bad-set/.hidden")
        try directory.write("", to: "empty")
        try directory.write([0xFF, 0xFE], to: "latin")
        try directory.write([0x41, 0], to: "nul")
        try directory.write([UInt8](repeating: 0x41, count: ReplaceRequest.largestSize + 1), to: "large")
        let rows: [([String], String)] = [
            ([], "expected the path of a configuration, found 0 words"), (["a", "b"], "found 2 words"),
            ([directory.path("none")], "No such file or directory"), ([directory.path("empty")], "is empty"),
            ([directory.path("latin")], "is not valid UTF-8"), ([directory.path("nul")], "holds NUL bytes"),
            ([directory.path("large")], "is too large"), ([directory.path("empty-set")], "holds no files"),
            ([directory.path("bad-set")], "an agent takes names such as"),
        ]
        for (words, reason) in rows {
            guard case .failure(let error) = request(words) else {
                Issue.record("\(words) was taken")
                continue
            }
            #expect(error.description.contains(reason), "\(error)")
        }
    }

    @Test(arguments: CommandLineOption.names(SendConfig.verbs)) func helpNamesEveryOption(name: String) throws {
        #expect(send_config.HelpText.help.contains("--\(name)") || ["json", "retry", "follow"].contains(name))
    }

    /// What is shown of the task is no configuration.
    @Test func shownTaskHoldsNoConfiguration() throws {
        let service = try #require(Name("s"))
        let verbs: [Verb] = [
            .config("planted"), .replace(ReplaceRequest(service: service, change: .text("planted"))),
            .replace(
                ReplaceRequest(
                    service: service, change: .files([.init(name: "a", text: "planted"), .init(name: "b", text: nil)]))),
        ]
        for verb in verbs {
            let task = TaskMessage(taskID: .integer(1), timestamp: Timestamp(seconds: 0), verb: verb)
            #expect(!task.shownText.contains("planted"))
            #expect(task.shownText.contains("(7 bytes)"))
        }
    }
}
