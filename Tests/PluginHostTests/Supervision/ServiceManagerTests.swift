import CommandCatalog
import ConfigurationReader
import Glibc
import Logging
import TestSupport
import Testing

@testable import PluginHost

/// What the service manager hears of us.
@Suite(.crowd) struct ServiceManagerTests {
    private static func manager(_ variables: [String: String]) -> ServiceManager? {
        ServiceManager(variable: { variables[$0] }, process: 7)
    }

    @Test func environmentSaysWhoItIs() {
        #expect(Self.manager([:]) == nil && Self.manager(["NOTIFY_SOCKET": "relative"]) == nil)
        let patience = { (more: [String: String]) in
            Self.manager(more.merging(["NOTIFY_SOCKET": "/run/notify"]) { $1 })?.patience
        }
        #expect(patience([:]) == nil && patience(["WATCHDOG_USEC": "0"]) == nil)
        #expect(patience(["WATCHDOG_USEC": "60000000"]) == .seconds(60))
        #expect(patience(["WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "7"]) == .seconds(60))
        #expect(patience(["WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "8"]) == nil)
    }

    @Test func everyNewsIsOneAssignment() throws {
        let socket = try NotifySocket()
        let manager = try #require(Self.manager(["NOTIFY_SOCKET": socket.path]))
        for news in [ServiceManager.News.ready, .reloading, .stopping, .alive, .stuck, .status("two\nlines")] {
            manager.tell(news)
        }
        #expect(
            socket.take() == [
                "READY=1", "RELOADING=1", "STOPPING=1", "WATCHDOG=1", "WATCHDOG=trigger", "STATUS=two lines",
            ])
        // Nobody is there.
        Self.manager(["NOTIFY_SOCKET": "/nonexistent/notify"])?.tell(.ready)
        Self.manager(["NOTIFY_SOCKET": "@recoverd-nobody"])?.tell(.ready)
    }

    /// What the agent would have read.
    private static func load(_ file: String) -> @Sendable () throws(ConfigurationError) -> AgentConfiguration {
        { () throws(ConfigurationError) in try AgentConfiguration.load(file: file, registry: PluginRegistry([])) }
    }

    @Test func agentWithoutAConfigurationSaysSoAndWaits() async throws {
        let (socket, directory) = (try NotifySocket(), try TemporaryDirectory())
        let manager = try #require(Self.manager(["NOTIFY_SOCKET": socket.path, "WATCHDOG_USEC": "60000000"]))
        let file = directory.path("main.json")
        let awaited = AwaitedConfiguration(
            file: file, manager: manager, logger: Logger(label: "test"), load: Self.load(file))
        async let waiting = awaited.wait()
        var told: [String] = []
        let hears = { (text: String) async throws in
            try await eventually(text) {
                told += socket.take()
                return told.contains(text)
            }
        }
        try await hears("WATCHDOG=1")
        #expect(told == ["READY=1", "STATUS=not configured: waits for \(file)", "WATCHDOG=1"])
        try directory.write("{\"Hots\": 1}", to: "main.json")
        try await hears("STATUS=not configured: waits for \(file) without mistakes")
        try directory.write("{\"Host\": \"127.0.0.1\", \"Hostname\": \"web01\"}", to: "main.json")
        let configuration = try #require(await waiting)
        #expect(configuration.host.identity.description == "web01")
    }
}
