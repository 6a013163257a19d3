import CommandCatalog
import JSON
import Testing

/// The rights, surroundings and bounds of a command.
struct CommandSettingsTests {
    private static let every = """
        "c": {"program": ["/bin/x"], "timeout": "50s", "output": 1, "user": "root", "group": "0", "directory": "/tmp",
        "environment": {"B": "", "A": "x y=z", "PATH": "/bin"}, "umask": "0077", "limits": {"cpu": 5, "core": 0}, "lock": "l",
        "interrupted": "rerun", "without_journal": true, "cooldown": "90s", "capabilities": ["CAP_NET_ADMIN", "chown"],
        "no_new_privileges": true}
        """

    @Test func everySettingIsRead() throws {
        let settings = try CatalogFile.catalog(commands: Self.every).command("s", "c").settings
        #expect(settings.timeout == .seconds(50))
        #expect(settings.output == 1)
        #expect(settings.user == "root" && settings.group == "0")
        #expect(settings.directory == "/tmp")
        #expect(settings.environment.map { "\($0.name)=\($0.value)" } == ["B=", "A=x y=z", "PATH=/bin"])
        #expect(settings.umask == 0o077)
        #expect(settings.limits == [ResourceLimit(.core, 0), ResourceLimit(.cpu, 5)])
        #expect(settings.lock == Name("l"))
        #expect(settings.rerunsWhenInterrupted && settings.runsWithoutJournal)
        #expect(settings.cooldown == .seconds(90))
        #expect(settings.capabilities?.words == ["CAP_CHOWN", "CAP_NET_ADMIN"])
        // Not by an optional: the address sanitizer takes the test library's comparison of those for an overflow.
        let bits = try #require(settings.capabilities).bits
        #expect(bits == 1 << 12 | 1)
        #expect(settings.forbidsNewPrivileges)
    }

    @Test func defaultsAreTheDocumentedOnes() throws {
        let command = "\"c\": {\"program\": [\"/bin/x\"]}"
        let settings = try CatalogFile.catalog(commands: command).command("s", "c").settings
        #expect(settings == CommandSettings())
        #expect(settings.timeout == .seconds(600))
        #expect(settings.output == 262_144)
        #expect(settings.directory == "/")
        #expect(settings.user == nil && settings.lock == nil && settings.umask == nil && settings.limits.isEmpty)
        #expect(!settings.rerunsWhenInterrupted && !settings.runsWithoutJournal && settings.cooldown == nil)
    }

    /// C12 to C15: users, times, bounds and variables.
    @Test(arguments: [
        ("timeout", "0", "expected a duration such as \"30s\", 100ms to 7d, found the number 0"),
        ("timeout", "10", "expected a duration such as \"30s\", 100ms to 7d, found the number 10"),
        ("timeout", "-1", "expected a duration such as \"30s\", 100ms to 7d, found the number -1"),
        ("timeout", "0.5", "expected a duration such as \"30s\", 100ms to 7d, found the number 0.5"),
        ("timeout", "\"10\"", "expected a duration such as \"30s\", 100ms to 7d, found \"10\""),
        ("timeout", "\"0s\"", "expected a duration such as \"30s\", 100ms to 7d, found \"0s\""),
        ("timeout", "\"8d\"", "expected a duration such as \"30s\", 100ms to 7d, found \"8d\""),
        ("timeout", "\"-1s\"", "expected a duration such as \"30s\", 100ms to 7d, found \"-1s\""),
        ("output", "0", "expected an integer from 1 to 1048576, found the number 0"),
        ("output", "-1", "expected an integer from 1 to 1048576, found the number -1"),
        ("output", "1048577", "expected an integer from 1 to 1048576, found the number 1048577"),
        (
            "output", "9223372036854775807",
            "expected an integer from 1 to 1048576, found the number 9223372036854775807"
        ),
        ("user", "\"no-such-user\"", "there is no user \"no-such-user\" on this host"),
        ("user", "\"#0\"", "there is no user \"#0\" on this host"),
        ("user", "\"-1\"", "there is no user \"-1\" on this host"),
        ("user", "\"4294967295\"", "there is no user \"4294967295\" on this host"),
        ("user", "\"\"", "expected the name or decimal id of a user, found an empty string"),
        ("user", "0", "expected the name or decimal id of a user, found the number 0"),
        ("group", "\"no-such-group\"", "there is no group \"no-such-group\" on this host"),
        ("directory", "\"tmp\"", "expected an absolute path such as \"/etc/recoverd\", found \"tmp\""),
        ("umask", "\"8\"", "expected octal digits such as \"022\", found \"8\""),
        ("umask", "\"1777\"", "expected octal digits such as \"022\", found \"1777\""),
        ("umask", "18", "expected octal digits such as \"022\", found the number 18"),
        ("umask", "\"+22\"", "expected octal digits such as \"022\", found \"+22\""),
        ("lock", "\"\"", "expected 1 to 255 bytes without control characters, found \"\""),
        ("cooldown", "0", "expected a duration such as \"30s\", 1s to 7d, found the number 0"),
        ("cooldown", "\"0s\"", "expected a duration such as \"30s\", 1s to 7d, found \"0s\""),
        ("cooldown", "\"-1s\"", "expected a duration such as \"30s\", 1s to 7d, found \"-1s\""),
        ("cooldown", "\"8d\"", "expected a duration such as \"30s\", 1s to 7d, found \"8d\""),
        (
            "cooldown", "\"99999999999999999999d\"",
            "expected a duration such as \"30s\", 1s to 7d, found \"99999999999999999999d\""
        ),
        ("interrupted", "true", "expected one of \"report\", \"rerun\", found true"),
        ("interrupted", "\"retry\"", "expected one of \"report\", \"rerun\", found \"retry\""),
        ("without_journal", "\"yes\"", "expected true or false, found a string"),
        (
            "capabilities", "[\"CAP_NET_ADMN\"]",
            "[0]: there is no capability \"CAP_NET_ADMN\"; did you mean \"CAP_NET_ADMIN\"?"
        ),
        ("capabilities", "\"all\"", "expected an array, found a string"),
        ("no_new_privileges", "1", "expected true or false, found the number 1"),
        ("limits", "[]", "expected an object {…}, found an array"),
        ("environment", "{\"A\": 1}", ".A: expected a string, found the number 1"),
        ("environment", "{\"A=B\": \"\"}", "[\"A=B\"]: is no name of a variable"),
        ("environment", "{\"\": \"\"}", "[\"\"]: is no name of a variable"),
        ("environment", "{\"PATH\": \"\"}", ".PATH: an empty PATH means the working directory; leave it out"),
        (
            "environment", "{\"LD_PRELOAD\": \"/x\"}",
            ".LD_PRELOAD: would change what the program loads; where it is meant, run it through /usr/bin/env"
        ),
        ("limits", "{\"cpu\": -1}", ".cpu: expected an integer from 0 to 9223372036854775807, found the number -1"),
        (
            "limits", "{\"cpus\": 1}",
            ".cpus: unknown key; did you mean \"cpu\"? Known here: address-space, core, cpu, file-size, open-files, processes"
        ),
    ])
    func settingIsRefused(_ key: String, _ value: String, _ message: String) throws {
        let separator = message.hasPrefix(".") || message.hasPrefix("[") ? "" : ": "
        let mistakes = try CatalogFile.mistakes(ofCommand: "{\"program\": [\"/bin/x\"], \"\(key)\": \(value)}")
        #expect(mistakes == ["Services.s.commands.c.\(key)\(separator)\(message)"])
    }

    @Test(arguments: ["0", "65534", "4294967294"])
    func numericUserNeedsNoAccount(_ user: String) throws {
        let command = "\"c\": {\"program\": [\"/bin/x\"], \"user\": \"\(user)\"}"
        #expect(try CatalogFile.catalog(commands: command).command("s", "c").settings.user == user)
    }
}
