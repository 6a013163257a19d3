import CommandCatalog
import PluginKit
import PluginTesting
import TestSupport
import Testing

@Suite struct FileAgeTests {
    @Test func oldFileIsTold() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("x", to: "backup")
        let bench = try PluginBench<FileAge>(section: #"{"path": "\#(file)", "oldest": "1h"}"#)
        bench.clock.jump(to: Timestamp.now + .seconds(600))
        #expect(try await bench.read().count == 1)
        #expect(bench.dispatcher.notifications.isEmpty)

        bench.clock.advance(by: .seconds(3600))
        _ = try await bench.read()
        #expect(bench.dispatcher.notifications.map(\.severity) == [.warning])
    }

    @Test func missingFileIsAnError() async throws {
        let bench = try PluginBench<FileAge>(section: #"{"path": "/nonexistent"}"#)
        await #expect(throws: FileAgeError.self) { try await bench.read() }
    }
}
