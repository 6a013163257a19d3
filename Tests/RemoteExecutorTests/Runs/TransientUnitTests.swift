import Testing

@testable import CommandCatalog
@testable import RemoteExecutor

/// What systemd is asked for in place of the runner.
@Suite struct TransientUnitTests {
    private static func words(_ change: (inout CommandSettings) -> Void) -> [String] {
        var settings = CommandSettings()
        settings.timeout = .seconds(60)
        change(&settings)
        let unit = TransientUnit(RunID(rawValue: 10), settings, nil, grace: .seconds(10))
        return unit.words("/x/recoverd-unit", for: ["/bin/echo", "-n", "$HOME"])
    }

    private static let usual = [
        "/x/recoverd-unit", "--unit", "recoverd-run-000000000000000a.service", "--directory", "/", "--umask", "18",
        "--stop", "9000000", "--most", "75000000",
    ]

    @Test func commandStandsBehindTheOptionsAsItIs() {
        #expect(Self.words { _ in } == Self.usual + ["--", "/bin/echo", "-n", "$HOME"])
    }

    @Test func everySettingHasItsOption() throws {
        let words = Self.words { settings in
            settings.directory = "/var/tmp"
            settings.umask = 0o077
            settings.limits = ResourceLimit.Resource.allCases.map { ResourceLimit($0, 5) }
            var capabilities = Capabilities()
            capabilities.insert("CAP_KILL")
            settings.capabilities = capabilities
            settings.forbidsNewPrivileges = true
        }
        let options = try #require(words.firstIndex(of: "--limit"))
        #expect(words[3..<7] == ["--directory", "/var/tmp", "--umask", "63"])
        #expect(
            words[options...] == [
                "--limit", "LimitCORE=5", "--limit", "LimitCPU=5", "--limit", "LimitFSIZE=5", "--limit",
                "LimitNOFILE=5", "--limit", "LimitNPROC=5", "--limit", "LimitAS=5", "--capabilities", "32",
                "--no-new-privileges", "--", "/bin/echo", "-n", "$HOME",
            ])
    }
}
