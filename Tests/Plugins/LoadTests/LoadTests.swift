import PluginKit
import PluginTesting
import Testing

@testable import Load

/// The plugin on a bench.
@Suite struct LoadTests {
    @Test func namesTypesAndUnitsAreCollectds() async throws {
        let bench = try PluginBench(Load.self, host: "web01")
        let metrics = try await bench.read()
        let names = metrics.map { "\($0.identity): \($0.sources.map(\.name).joined(separator: " "))" }
        #expect(
            names == [
                "web01/load/load: shortterm midterm longterm", "web01/uptime/uptime: value",
                "web01/memory/memory-used: value", "web01/memory/memory-free: value",
                "web01/memory/memory-buffered: value", "web01/memory/memory-cached: value",
                "web01/memory/memory-slab_recl: value", "web01/memory/memory-slab_unrecl: value",
                "web01/df-root/df_complex-free: value", "web01/df-root/df_complex-reserved: value",
                "web01/df-root/df_complex-used: value",
            ]
        )
        #expect(metrics.allSatisfy { $0.interval == .seconds(10) && $0.time == bench.clock.now })
    }

    @Test func readingFailsWithTheNameOfTheFile() async throws {
        let bench = try PluginBench(Load.self, configuration: .init(procfs: "/nowhere"))
        let error = await #expect(throws: ReadingError.self) { try await bench.read() }
        #expect(error?.description == "/nowhere/loadavg: No such file or directory")
    }

    @Test func sampleIsGood() throws {
        try PluginBench<Load>.checkSample()
    }

    @Test(arguments: [
        ("0.20 0.18 0.12 1/80 11206\n", [0.2, 0.18, 0.12]), ("1000.5 2 3 1/80 11206\n", [1000.5, 2, 3]),
    ])
    func loadAverageIsRead(text: String, numbers: [Double]) throws {
        let load = try LoadAverage(text)
        #expect([load.shortTerm, load.midTerm, load.longTerm] == numbers)
    }

    @Test(arguments: ["", "0.1 0.2", "a b c", "0.1 x 0.2 0.3"])
    func whatIsNoLoadAverageIsRefused(text: String) {
        #expect(throws: ReadingError.self) { try LoadAverage(text) }
    }

    @Test func memoryIsDividedAsCollectdDoes() throws {
        let text = """
            MemTotal:        1000 kB
            MemFree:          100 kB
            MemAvailable:     700 kB
            Buffers:           50 kB
            Cached:           200 kB
            SwapCached:         0 kB
            Slab:              80 kB
            SReclaimable:      60 kB
            SUnreclaim:        20 kB
            HugePages_Total:    0
            """
        let memory = try MemoryUse(text)
        let parts = Dictionary(uniqueKeysWithValues: memory.parts.map { ($0.name, $0.bytes / 1024) })
        #expect(
            parts == ["used": 570, "free": 100, "buffered": 50, "cached": 200, "slab_recl": 60, "slab_unrecl": 20]
        )
    }

    @Test func withoutSlabsTheyArePartOfUsed() throws {
        let memory = try MemoryUse("MemTotal: 10 kB\nMemFree: 1 kB\nBuffers: 2 kB\nCached: 3 kB\n")
        #expect(memory.slab == nil)
        #expect(memory.used == 4 * 1024)
    }

    @Test func uptimeIsInWholeSeconds() throws {
        #expect(try Uptime("2843.97 5000.00\n").seconds == 2843)
        #expect(throws: ReadingError.self) { try Uptime("") }
    }
}
