import CommandCatalog
import ConfigurationReader
import JSON
import TestSupport
import Testing

/// What the catalog answers about names, and what it tells the world.
struct CatalogAnswerTests {
    private static func catalog() throws -> CommandCatalog {
        try CatalogFile.catalog(
            """
            {"Services": {"hello": {"commands": {"exec": "/bin/echo hi", "caf\u{E9}": "/bin/true", ".": "/bin/true"}},
            "\u{E9}": {"commands": {"c": "/bin/composed"}}, "e\u{301}": {"commands": {"c": "/bin/decomposed"}}, "empty": {}}}
            """)
    }

    @Test func textsAreThePredecessors() throws {
        let none = try CatalogFile.catalog("{}")
        let rows: [(CommandCatalog, String, String, Int, String)] = [
            (none, "hello", "exec", 0x1001, "Cannot handle \"exec\" command: No service is configured!"),
            (try Self.catalog(), "hallo", "exec", 0x1002, "Cannot find the service settings for: hallo"),
            (try Self.catalog(), "hello", "exek", 0x1003, "Cannot find exek command for hello"),
            (try Self.catalog(), "empty", "exec", 0x1003, "Cannot find exec command for empty"),
        ]
        for (catalog, service, command, code, message) in rows {
            let error = try #require(throws: CatalogError.self) { try catalog.command(service, command) }
            #expect(error.code == ResultCode(rawValue: code))
            #expect(error.message == message)
        }
    }

    /// M32, M33: no such service.
    @Test(arguments: [
        " ", "..", "a/b", "🙂", "__proto__", "constructor", "commands", "Hello", "hello ", " hello", "hello\u{200B}",
        String(repeating: "a", count: 255), "\u{2028}",
    ])
    func serviceIsUnknown(_ service: String) throws {
        let name = try #require(Name(service))
        #expect(throws: CatalogError.unknownService(name)) { try Self.catalog().command(service, "exec") }
    }

    /// M32, M34, M36: no such command.
    @Test(arguments: [
        "exec; rm -rf /", "$(exec)", "`exec`", "exec | nc", "EXEC", "exec ", "cafe\u{301}", "constructor",
        "description",
        "{exec}", "*",
    ])
    func commandIsUnknown(_ command: String) throws {
        let (service, name) = (try #require(Name("hello")), try #require(Name(command)))
        #expect(throws: CatalogError.unknownCommand(name, service: service)) {
            try Self.catalog().command("hello", command)
        }
    }

    @Test(arguments: [("", nil), ("a\nb", nil), ("\0", nil), ("\u{7F}", nil), ("\u{85}", nil), (" ", " "), (".", ".")])
    func nameIsWithoutControlCharacters(_ text: String, _ name: String?) {
        #expect(Name(text)?.text == name)
    }

    @Test(arguments: [(1, true), (255, true), (256, false), (300, false)])
    func nameHasAtMost255Bytes(_ count: Int, _ isName: Bool) {
        #expect((Name(String(repeating: "a", count: count)) != nil) == isName)
    }

    /// M35: of two spellings one is in the catalog.
    @Test func namesDifferByTheirBytes() throws {
        let catalog = try Self.catalog()
        #expect(
            try catalog.command("\u{E9}", "c").invocation == .plain(arguments: ["/bin/composed"], line: "/bin/composed")
        )
        #expect(
            try catalog.command("e\u{301}", "c").invocation
                == .plain(arguments: ["/bin/decomposed"], line: "/bin/decomposed"))
        let names = try ["b", "a", "\u{E9}", "e\u{301}", "Z"].map { try #require(Name($0)) }
        #expect(names.sorted().map(\.text.unicodeScalars.first) == ["Z", "a", "b", "e", "\u{E9}"])
        #expect(Set(names).count == 5)
    }

    private static let secretive = """
        {"Services": {"s": {"description": "about s", "commands": {"line": "/bin/SECRET", "c": {"description": "about c",
        "program": ["/bin/SECRET", "{p}", "SECRET"], "environment": {"TOKEN": "SECRET"}, "user": "0", "directory": "/SECRET",
        "lock": "SECRET", "parameters": {"p": {"type": "string", "pattern": "a+", "length": 9, "description": "about p"},
        "n": {"type": "integer", "range": [1, 2], "default": "2"}, "e": {"type": "enumeration", "values": ["x"],
        "required": false}, "b": {"type": "boolean"}}}}}}}
        """

    @Test func catalogTellsWhatMayBeAskedForAndNeverWhatIsRun() throws {
        let catalog = try CatalogFile.catalog(Self.secretive)
        #expect(!JSONValue.object(catalog.json).text.contains("SECRET"))
        let parameters: JSONValue = [
            "p": ["type": "string", "pattern": "a+", "length": 9, "description": "about p", "required": true],
            "n": ["type": "integer", "range": [1, 2], "required": false, "default": "2"],
            "e": ["type": "enumeration", "values": ["x"], "required": false],
            "b": ["type": "boolean", "required": true],
        ]
        let commands: JSONValue = ["c": ["description": "about c", "parameters": parameters], "line": [:]]
        #expect(JSONValue.object(catalog.json) == ["s": ["description": "about s", "commands": commands]])
    }

    @Test func digestTellsCatalogsApart() throws {
        let (one, other) = (try CatalogFile.catalog(Self.secretive), try Self.catalog())
        #expect(one.digest == (try CatalogFile.catalog(Self.secretive)).digest)
        #expect(one.digest != other.digest)
        #expect(one.digest.count == 64)
    }
}
