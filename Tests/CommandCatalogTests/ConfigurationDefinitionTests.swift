import CommandCatalog
import JSON
import Testing

/// What the catalog says about configurations.
struct ConfigurationDefinitionTests {
    private static func read(_ configuration: String) throws -> (ConfigurationDefinition?, CatalogFile) {
        let file = try CatalogFile()
        let catalog = file.read("{\"Services\":{\"s\":{\"configuration\":\(configuration)}}}")
        return (catalog?.configuration(of: try name("s")), file)
    }

    @Test func everyKeyIsRead() throws {
        let (found, file) = try Self.read(
            """
            {"files": {"main.conf": "/etc/s/main.conf", "conf.d/": "/etc/s/conf.d/"},
            "check": ["/usr/bin/env", "s-check", "{file}", "-p{directory}", "{{x}"], "stop": "s stop", "start": "s start",
            "running": ["/bin/true"], "timeout": "5s", "start_time": "3s", "settle": "1s", "confirm": "7s",
            "owner": "root", "group": "0", "mode": "0640"}
            """)
        #expect(file.mistakes.isEmpty)
        let definition = try #require(found)
        #expect(definition.places.map(\.name) == ["main.conf", "conf.d/"])
        #expect(
            definition.check?.words(file: "/x/f", directory: "/x")
                == ["/usr/bin/env", "s-check", "/x/f", "-p/x", "{x}"])
        #expect(
            definition.taking
                == .stopAndStart(
                    stop: .init(.shell("s stop"), timeout: .seconds(5)),
                    start: .init(.shell("s start"), timeout: .seconds(5))))
        #expect(definition.running?.words() == ["/bin/true"])
        #expect(definition.startTime == .seconds(3) && definition.settleTime == .seconds(1))
        #expect(definition.confirmTime == .seconds(7))
        #expect(definition.owner == "root" && definition.group == "0" && definition.mode == 0o640)
        #expect(definition.path(of: "main.conf") == "/etc/s/main.conf")
        #expect(definition.path(of: "conf.d/a.conf") == "/etc/s/conf.d/a.conf")
        #expect(definition.path(of: "conf.d/") == nil && definition.path(of: "conf.d/a/b") == nil)
        #expect(definition.path(of: "other") == nil)
        #expect(!definition.hasNamesOfThePredecessor)
    }

    @Test func lineOfAShellFindsTheFiles() throws {
        let (found, file) = try Self.read("{\"path\": \"/etc/s.conf\", \"check\": \"s -t \\\"$1\\\"\"}")
        #expect(file.mistakes.isEmpty)
        #expect(
            found?.check?.words(file: "/f", directory: "/d") == ["/bin/sh", "-c", "s -t \"$1\"", "sh", "/f", "/d"])
        #expect(found?.taking == ConfigurationDefinition.Taking.none)
        #expect(found?.places == [.init(name: "s.conf", path: "/etc/s.conf")])
    }

    @Test(arguments: [
        ("{}", "needs \"path\": the absolute path of a file such as \"/etc/collectd/collectd.conf\""),
        ("{\"path\":\"/etc/\"}", "expected the absolute path of a file such as"),
        ("{\"path\":\"etc\"}", "expected the absolute path of a file such as"),
        ("{\"path\":\"/a\",\"files\":{\"a\":\"/a\"}}", "expected one of \"path\" and \"files\", found both"),
        ("{\"files\":{}}", "expected names and paths of files"),
        ("{\"files\":{\"d/\":\"/d/\"}}", "the first of them must be a file"),
        ("{\"files\":{\"a\":\"/a\",\"d/\":\"/d\"}}", "name and path of a directory both end in"),
        ("{\"files\":{\"../a\":\"/a\"}}", "expected a name such as"),
        (
            "{\"path\":\"/a\",\"reload\":\"x\",\"restart\":\"y\"}",
            "expected one of \"reload\", \"restart\", and \"stop\" with \"start\", found 2"
        ),
        ("{\"path\":\"/a\",\"stop\":\"x\"}", "\"stop\" and \"start\" belong together"),
        ("{\"path\":\"/a\",\"check\":[\"nginx\"]}", "expected an absolute path as first element"),
        ("{\"path\":\"/a\",\"check\":[\"/bin/true\",\"{name}\"]}", "there is no {name} here"),
        ("{\"path\":\"/a\",\"reload\":[\"/bin/true\",\"{file}\"]}", "there is no {file} here"),
        ("{\"path\":\"/a\",\"owner\":\"nobody-at-all\"}", "there is no user"),
        ("{\"path\":\"/a\",\"mode\":\"999\"}", "expected octal digits"),
        ("{\"path\":\"/a\",\"confirm\":\"1s\"}", "expected a duration"),
        ("{\"path\":\"/a\",\"chek\":\"x\"}", "unknown key; did you mean \"check\"?"),
    ])
    func mistakeIsTold(_ configuration: String, _ mistake: String) throws {
        let (_, file) = try Self.read(configuration)
        #expect(file.mistakes.contains { $0.contains(mistake) }, "\(file.mistakes)")
    }

    @Test func absenceOfACheckIsWarnedOf() throws {
        let (_, file) = try Self.read("{\"path\":\"/etc/s.conf\"}")
        #expect(file.mistakes.isEmpty)
        #expect(file.warnings.contains { $0.contains("has no \"check\"") })
    }

    @Test func predecessorsKeysAreUnderstood() throws {
        let catalog = try CatalogFile.catalog(
            """
            {"Services": {"collectd": {"CommandPath": "/opt/c/sbin/collectd", "ConfigPath": "/opt/c/etc/c.conf",
            "PIDPath": "/run/c.pid", "ReplacerReportPath": "/x", "LuaPath": "/y",
            "commands": {"start": "/etc/init.d/c start", "stop": "/etc/init.d/c stop"}}}}
            """)
        let definition = try #require(catalog.configuration(of: try name("collectd")))
        #expect(definition.places == [.init(name: "collectd.conf", path: "/opt/c/etc/c.conf")])
        #expect(definition.hasNamesOfThePredecessor)
        guard case .collectd(let paths) = definition.taking else { return #expect(Bool(false)) }
        #expect(paths.program == "/opt/c/sbin/collectd" && paths.pidFile == "/run/c.pid")
        #expect(paths.start?.words().contains("/etc/init.d/c start") == true)
        #expect(paths.stop?.words().contains("/etc/init.d/c stop") == true)
    }

    /// Who wants the check that starts every plugin asks for it.
    @Test func checkOfCollectdCanBeAnother() throws {
        let catalog = try CatalogFile.catalog(
            """
            {"Services": {"collectd": {"CommandPath": "/usr/sbin/collectd", "ConfigPath": "/etc/c.conf",
            "configuration": {"check": ["/usr/sbin/collectd", "-T", "-C", "{file}"], "settle": "5s"}}}}
            """)
        let definition = try #require(catalog.configuration(of: try name("collectd")))
        #expect(definition.check?.words(file: "/n") == ["/usr/sbin/collectd", "-T", "-C", "/n"])
        #expect(definition.places.map(\.path) == ["/etc/c.conf"] && definition.settleTime == .seconds(5))
    }

    @Test func catalogTellsNamesOnly() throws {
        let catalog = try CatalogFile.catalog(
            "{\"Services\":{\"s\":{\"configuration\":{\"path\":\"/etc/s.conf\",\"reload\":\"secret\"}}}}")
        #expect(catalog.json["s"]?.object?["configuration"]?.text == "[\"s.conf\"]")
        #expect(catalog.configurable == [try name("s")])
        #expect(catalog.configuration(of: try name("other")) == nil)
    }
}
