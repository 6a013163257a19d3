import CommandCatalog
import Glibc
import JSON
import TestSupport
import Testing

/// The files of the predecessor's generations load as they are.
struct PredecessorFileTests {
    private static let samples = [
        (4, ["false.exec", "hello.exec", "nginx.restart", "no-command.exec", "true.exec"]),
        (5, ["collectd.start", "collectd.stop", "hello.exec"]),
        (6, ["hello.exec", "nginx.restart"]),
    ]

    /// C07: the predecessor's files.
    @Test(arguments: samples)
    func fileLoadsAsItIs(_ generation: Int, _ commands: [String]) throws {
        let file = try CatalogFile()
        let catalog = try #require(file.read(Self.fixture(generation)))
        #expect(file.mistakes.isEmpty)
        #expect(!file.warnings.contains { !$0.contains("as root without saying so") })
        let found = catalog.json.members.flatMap { service in
            (service.value.object?["commands"]?.object?.members ?? []).map { "\(service.name).\($0.name)" }
        }
        #expect(found == commands)
        #expect(catalog.count == commands.count)
        #expect(try catalog.command("hello", "exec").invocation == .shell("/bin/echo \"Hello World!\""))
    }

    @Test func bothSpellingsOfCommandsWorkButNotTogether() throws {
        let file = try CatalogFile()
        let catalog = file.read(
            """
            {"Services": {"a": {"Commands": {"c": "/bin/a"}}, "b": {"commands": {"c": "/bin/b"}},
            "both": {"commands": {"c": "/bin/c"}, "Commands": {"d": "/bin/d"}}}}
            """)
        #expect(catalog?.count == 3)
        #expect(
            file.mistakes == [
                "main.json:2:51: Services.both.Commands: there is \"commands\" as well; keep one of the two"
            ])
    }

    private static func fixture(_ generation: Int) -> String {
        let folder = #filePath.utf8.lastIndex(of: UInt8(ascii: "/")).map { #filePath[..<$0] } ?? "."
        guard let file = fopen("\(folder)/Fixtures/generation-\(generation).json", "r") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
