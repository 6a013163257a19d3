import CommandCatalog
import ConfigurationReader
import Glibc
import JSON
import TestSupport
import Testing

@testable import RemoteExecutor

/// A changed catalog is noticed, and a broken one is told once.
struct CatalogWatchTests {
    private let directory: TemporaryDirectory
    private var watch: CatalogWatch

    init() throws {
        directory = try TemporaryDirectory()
        let file = try directory.write(Self.services("a"), to: "main.json")
        watch = CatalogWatch(file: file, defaults: CommandDefaults(timeout: .seconds(60)))
    }

    private static func services(_ names: String...) -> String {
        "{\"Host\": \"x\", \"Services\": {"
            + names.map { "\"\($0)\": {\"commands\": {\"c\": \"/bin/\($0)\"}}" }
            .joined(separator: ", ") + "}}"
    }

    private mutating func names() throws -> [String]? {
        try watch.change()?.json.members.map(\.name)
    }

    @Test mutating func nothingIsReadWhereNothingChanged() throws {
        for _ in 0..<3 { #expect(try names() == nil) }
    }

    @Test mutating func fileThatIsRenamedToItsPlaceIsNoticedOnce() throws {
        try directory.write(Self.services("a", "b"), to: "main.json")
        #expect(try names() == ["a", "b"])
        #expect(try names() == nil)
    }

    @Test mutating func fileThatIsEditedInPlaceIsNoticed() throws {
        let file = try #require(fopen(directory.path("main.json"), "w"))
        fputs(Self.services("edited"), file)
        fclose(file)
        #expect(try names() == ["edited"])
    }

    /// C04: half a file leaves the old one in force.
    @Test mutating func brokenFileIsToldOnceAndTheNextOneIsTaken() throws {
        try directory.write("{\"Services\": {\"a\": 1}}", to: "main.json")
        let error = try #require(throws: ConfigurationError.self) { try watch.change() }
        #expect(error.mistakes.map(\.message) == ["expected an object {…}, found the number 1"])
        #expect(try names() == nil)
        try directory.write(Self.services("c"), to: "main.json")
        #expect(try names() == ["c"])
    }

    @Test(arguments: [
        ("{", "no valid JSON: string or '}' expected near end of file"),
        ("", "the file is empty; the smallest one is {}"),
        ("{\"Host\": \"x\"}", "there is no \"Services\" any more"),
        (
            "{\"Services\": {\"s\": {\"comands\": {}}}}",
            "unknown key; did you mean \"commands\"? Known here: commands, configuration, description"
        ),
        ("{\"Services\": {\"agent\": {}}}", "the service \"agent\" is the agent's own; choose another name"),
    ])
    mutating func whatDoesNotPassIsNotTaken(_ text: String, _ message: String) throws {
        try directory.write(text, to: "main.json")
        let error = try #require(throws: ConfigurationError.self) { try watch.change() }
        #expect(error.mistakes.map(\.message) == [message])
    }

    @Test mutating func fileThatIsGoneIsToldAndTakenWhenItIsBack() throws {
        try #require(unlink(directory.path("main.json")) == 0)
        let error = try #require(throws: ConfigurationError.self) { try watch.change() }
        #expect(error.mistakes.map(\.message) == ["cannot be opened: No such file or directory"])
        #expect(try names() == nil)
        try directory.write(Self.services("back"), to: "main.json")
        #expect(try names() == ["back"])
    }

    @Test mutating func fileThatOthersMayWriteNowIsNotTaken() throws {
        try #require(chmod(directory.path("main.json"), 0o666) == 0)
        #expect(throws: ConfigurationError.self) { try watch.change() }
    }

    @Test mutating func servicesOfPackagesComeAndGo() throws {
        try #require(mkdir(directory.path("services.d"), 0o700) == 0)
        #expect(try names() == nil)
        try directory.write("{\"Services\": {\"p\": {}}}", to: "services.d/p.json")
        #expect(try names() == ["a", "p"])
        try directory.write("{\"Services\": {\"p\": {}, \"q\": {}}}", to: "services.d/p.json")
        #expect(try names() == ["a", "p", "q"])
        try directory.write("{\"Services\": {\"a\": {}}}", to: "services.d/q.json")
        #expect(throws: ConfigurationError.self) { try watch.change() }
        try #require(unlink(directory.path("services.d/q.json")) == 0)
        #expect(try names() == ["a", "p", "q"])
        try #require(unlink(directory.path("services.d/p.json")) == 0)
        #expect(try names() == ["a"])
    }

    @Test mutating func packagesAloneAreACatalog() throws {
        try #require(mkdir(directory.path("services.d"), 0o700) == 0)
        try directory.write("{\"Services\": {\"p\": {}}}", to: "services.d/p.json")
        try directory.write("{\"Host\": \"x\"}", to: "main.json")
        #expect(try names() == ["p"])
    }

    @Test mutating func commandsWithoutATimeoutHaveTheDefault() throws {
        try directory.write(Self.services("b"), to: "main.json")
        let catalog = try #require(try watch.change())
        let task = try #require(TaskSample.message("{\"task_id\":1,\"service\":\"b\",\"command\":\"c\"}").request)
        #expect(try catalog.command(for: task).settings.timeout == .seconds(60))
    }
}
