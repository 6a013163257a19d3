import CommandCatalog
import ConfigurationReader
import Glibc
import JSON
import TestSupport
import Testing

/// A package brings its services in a file of its own.
struct ServicesDirectoryTests {
    private let file: CatalogFile

    init() throws {
        file = try CatalogFile()
        try #require(mkdir(file.directory.path("services.d"), 0o700) == 0)
    }

    private func add(_ name: String, _ text: String, mode: mode_t = 0o600) throws {
        try file.directory.write(text, to: "services.d/\(name)", mode: mode)
    }

    private static func services(_ names: String...) -> String {
        "{\"Services\": {" + names.map { "\"\($0)\": {\"commands\": {\"c\": \"/bin/\($0)\"}}" }.joined(separator: ", ")
            + "}}"
    }

    @Test func filesAddServices() throws {
        try add("b.json", Self.services("b"))
        try add("a.json", Self.services("a", "a2"))
        try add(".hidden.json", "broken")
        try add("note.txt", "broken")
        try add("c.json.new", "broken")
        let catalog = try #require(file.read(Self.services("main")))
        #expect(file.mistakes.isEmpty)
        #expect(catalog.json.members.map(\.name) == ["a", "a2", "b", "main"])
        #expect(try catalog.command("a2", "c").invocation == .plain(arguments: ["/bin/a2"], line: "/bin/a2"))
        let names = CatalogReader.files(of: file.path).map { $0.dropFirst(file.directory.path.utf8.count + 1) }
        #expect(names == ["main.json", "services.d/a.json", "services.d/b.json"])
    }

    @Test func filesAreEnoughWithoutServicesInTheMainFile() throws {
        try add("a.json", Self.services("a"))
        #expect(file.read("{}")?.hasServices == true)
        #expect(!file.warnings.contains { !$0.contains("as root without saying so") })
    }

    @Test func nameTwiceNamesBothFiles() throws {
        try add("a.json", Self.services("x", "main"))
        try add("b.json", Self.services("x"))
        _ = file.read(Self.services("main"))
        #expect(
            file.mistakes == [
                "services.d/a.json:1:59: Services.main: the service \"main\" is defined in main.json already",
                "services.d/b.json:1:20: Services.x: the service \"x\" is defined in services.d/a.json already",
            ])
    }

    @Test func everyBrokenFileIsTold() throws {
        try add("a.json", "{")
        try add("b.json", "")
        try add("c.json", "{\"Service\": {}}")
        try add("d.json", Self.services("d"), mode: 0o666)
        try add("e.json", Self.services("agent"))
        try #require(symlink("a.json", file.directory.path("services.d/f.json")) == 0)
        let catalog = file.read(Self.services("main"))
        #expect(catalog?.count == 1)
        #expect(
            file.mistakes == [
                "services.d/a.json:1:1: no valid JSON: string or '}' expected near end of file",
                "services.d/b.json: the file is empty; the smallest one is {}",
                "services.d/c.json:1:2: Service: unknown key; did you mean \"Services\"? Known here: Services",
                "services.d/d.json: may be written by group or others; use: chmod go-w",
                "services.d/e.json:1:24: Services.agent: the service \"agent\" is the agent's own; choose another name",
                "services.d/f.json: is a symbolic link; name the file that it leads to",
            ])
    }

    @Test func tooManyFilesAreAMistake() throws {
        for number in 0..<1001 { try add("\(number).json", Self.services("s\(number)")) }
        _ = file.read(Self.services("main"))
        #expect(file.mistakes == ["services.d: holds 1001 files; at most 1000 are read"])
    }

    @Test func directoryThatIsNoneIsAMistake() throws {
        try #require(rmdir(file.directory.path("services.d")) == 0)
        try file.directory.write("", to: "services.d")
        _ = file.read(Self.services("main"))
        #expect(file.mistakes == ["services.d: cannot be read: Not a directory"])
    }
}
