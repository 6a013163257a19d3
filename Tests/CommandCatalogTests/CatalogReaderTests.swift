import CommandCatalog
import ConfigurationReader
import Glibc
import JSON
import TestSupport
import Testing

/// A catalog is read from a main file and the files of packages beside it.
@Suite(.crowd)
struct CatalogReaderTests {
    /// C09: what is no command.
    @Test(arguments: [
        ("\"\"", "expected a shell line, found \"\""), ("\" \"", "expected a shell line, found \" \""),
        ("null", "expected a shell line or an object with \"program\", found null"),
        ("1", "expected a shell line or an object with \"program\", found the number 1"),
        ("[]", "expected a shell line or an object with \"program\", found an array"),
        ("{}", "needs \"program\": an array such as [\"/bin/true\"]"),
    ])
    func isNoCommand(_ command: String, _ message: String) throws {
        #expect(try CatalogFile.mistakes(ofCommand: command) == ["Services.s.commands.c: \(message)"])
    }

    /// C10: there is no search in PATH.
    @Test(arguments: [
        ("[]", "program", "expected an absolute path as first element; there is no search in PATH"),
        ("[\"true\"]", "program", "expected an absolute path as first element; there is no search in PATH"),
        ("[\"./true\"]", "program", "expected an absolute path as first element; there is no search in PATH"),
        ("[\"\"]", "program", "expected an absolute path as first element; there is no search in PATH"),
        ("[\"{a}\"]", "program", "expected an absolute path as first element; there is no search in PATH"),
        ("\"/bin/true\"", "program", "expected an array, found a string"),
        ("[\"/bin/true\", 1]", "program[1]", "expected a string, found the number 1"),
        ("[\"/bin/true\", \"{\"]", "program[1]", "expected {name} or {{ for a brace, found \"{\""),
        ("[\"/bin/true\", \"a{b\"]", "program[1]", "expected {name} or {{ for a brace, found \"a{b\""),
        ("[\"/bin/true\", \"{}\"]", "program[1]", "expected {name} or {{ for a brace, found \"{}\""),
        ("[\"/bin/true\", \"{a}{nme}\"]", "program", "{nme}: no such parameter is declared; did you mean {name}?"),
        ("[\"/bin/true\", \"{a}\", \"{x}\"]", "program", "{x}: no such parameter is declared"),
    ])
    func isNoProgram(_ program: String, _ key: String, _ message: String) throws {
        let parameters = "{\"a\": {\"type\": \"boolean\"}, \"name\": {\"type\": \"boolean\"}}"
        let mistakes = try CatalogFile.mistakes(ofCommand: "{\"program\": \(program), \"parameters\": \(parameters)}")
        #expect(mistakes == ["Services.s.commands.c.\(key): \(message)"])
    }

    /// C11: what an exec can take.
    @Test(arguments: [(511, 1, true), (512, 1, false), (1, 131_061, true), (1, 131_062, false), (1, 1 << 20, false)])
    func argumentVectorIsBounded(_ elements: Int, _ length: Int, _ isTaken: Bool) throws {
        let element = "\"\(String(repeating: "a", count: length))\""
        let all = [String](repeating: element, count: elements).joined(separator: ",")
        let mistakes = try CatalogFile.mistakes(ofCommand: "{\"program\": [\"/bin/true\",\(all)]}")
        #expect(mistakes.isEmpty == isTaken)
    }

    @Test func commandsHaveTheirBackends() throws {
        let file = try CatalogFile()
        let text = """
            {"Services": {"s": {"commands": {"line": "/bin/true", "own": {"program": ["/bin/true"], "backend": "runner"},
            "none": {"program": ["/bin/true"]}}}}}
            """
        let catalog = try #require(file.read(text, backend: .systemd))
        #expect(try catalog.command("s", "line").settings.backend == .systemd)
        #expect(try catalog.command("s", "none").settings.backend == .systemd)
        #expect(try catalog.command("s", "own").settings.backend == .runner)
    }

    @Test func commandsHaveTheirTimeouts() throws {
        let file = try CatalogFile()
        let text = """
            {"Services": {"s": {"commands": {"line": "/bin/true", "own": {"program": ["/bin/true"], "timeout": "5s"},
            "none": {"program": ["/bin/true"]}}}}}
            """
        let catalog = try #require(file.read(text, defaultTimeout: .seconds(77)))
        #expect(try catalog.command("s", "line").settings.timeout == .seconds(77))
        #expect(try catalog.command("s", "none").settings.timeout == .seconds(77))
        #expect(try catalog.command("s", "own").settings.timeout == .seconds(5))
    }

    /// C05, C06: names given twice and unknown keys.
    @Test(arguments: [
        (
            "{\"Services\": {\"s\": {\"Comands\": {}}}}",
            "main.json:1:21: Services.s.Comands: unknown key; did you mean \"commands\"? Known here: commands, configuration, description"
        ),
        (
            "{\"Services\": {\"s\": {\"commands\": {\"c\": {\"program\": [\"/a\"], \"timout\": \"1s\"}}}}}",
            "main.json:1:59: Services.s.commands.c.timout: unknown key; did you mean \"timeout\"? Known here: backend, capabilities, cooldown, "
                + "description, directory, environment, group, interrupted, limits, lock, no_new_privileges, output, parameters, "
                + "program, timeout, umask, user, without_journal"
        ),
        (
            "{\"Services\": {\"s\": {\"CommandPath\": \"/x\"}}}",
            "main.json:1:21: Services.s.CommandPath: unknown key; Known here: commands, configuration, description"
        ),
        (
            "{\"Services\": {\"agent\": {}}}",
            "main.json:1:24: Services.agent: the service \"agent\" is the agent's own; choose another name"
        ),
        (
            "{\"Services\": {\"\": {}}}",
            "main.json:1:19: Services[\"\"]: expected a service name of 1 to 255 bytes without control characters"
        ),
        (
            "{\"Services\": {\"a\\nb\": {}}}",
            "main.json:1:23: Services[\"a\\nb\"]: expected a service name of 1 to 255 bytes without control characters"
        ),
        (
            "{\"Services\": {\"s\": {\"commands\": {\"\": \"/a\"}}}}",
            "main.json:1:38: Services.s.commands[\"\"]: expected a command name of 1 to 255 bytes without control characters"
        ),
        (
            "{\"Services\": {\"s\": {}, \"s\": {}}}",
            "main.json:1:26: no valid JSON: duplicate object key near '\"s\"'"
        ),
        ("{\"Services\": []}", "main.json:1:14: Services: expected an object {…}, found an array"),
        (
            "{\"Services\": {\"s\": \"/bin/true\"}}",
            "main.json:1:20: Services.s: expected an object {…}, found a string"
        ),
    ])
    func mistakeIsToldExactly(_ text: String, _ mistake: String) throws {
        let file = try CatalogFile()
        _ = file.read(text)
        #expect(file.mistakes == [mistake])
    }

    @Test func fileWithoutServicesLoadsWithAWarning() throws {
        let file = try CatalogFile()
        let catalog = try #require(file.read("{}"))
        #expect(!catalog.hasServices)
        #expect(file.mistakes.isEmpty)
        #expect(file.warnings == ["main.json:1:1: there is no \"Services\"; every task will be answered 0x1001"])
    }

    @Test(arguments: [
        "{\"Services\": {}}", "{\"Services\": {\"s\": {}, \"t\": {\"commands\": {}, \"description\": \"d\"}}}",
    ])
    func servicesWithoutCommandsLoad(_ text: String) throws {
        let catalog = try CatalogFile.catalog(text)
        #expect(catalog.hasServices)
        #expect(catalog.count == 0)
    }

    @Test func commentsAreNoServicesAndNoCommands() throws {
        let catalog = try CatalogFile.catalog(
            """
            {"//": "a", "Services": {"// s": 1, "s": {"//": [], "commands": {"// off": "/bin/false", "c": {
            "// why": "x", "program": ["/bin/true"], "environment": {"//": "no", "A": "b"}}}}}}
            """)
        #expect(JSONValue.object(catalog.json).text == "{\"s\":{\"commands\":{\"c\":{}}}}")
        #expect(try catalog.command("s", "c").settings.environment == [EnvironmentVariable(name: "A", value: "b")])
    }

    @Test func tenThousandCommandsLoad() throws {
        let commands = (0..<10_000).map { "\"c\($0)\": \"/bin/true\"" }.joined(separator: ",")
        #expect(try CatalogFile.catalog(commands: commands).count == 10_000)
    }
}
