import ConfigurationReader
import TestSupport
import Testing

/// A duration is a whole number and a unit.
struct DurationTextTests {
    @Test(arguments: [
        ("0ms", Duration.zero), ("500ms", .milliseconds(500)), ("10s", .seconds(10)), ("010s", .seconds(10)),
        ("90m", .seconds(5400)), ("2h", .seconds(7200)), ("7d", .seconds(604_800)),
        ("9223372036854775807ms", .milliseconds(Int64.max)),
    ])
    func isDuration(_ text: String, _ duration: Duration) {
        #expect(DurationText(text)?.duration == duration)
    }

    @Test(arguments: [
        "", "10", "s", "ms", "-1s", "+1s", "0.5s", "1e9s", "10 s", " 10s", "10s ", "10S", "10sec", "1h30m", "NaN", "١s",
        "1\u{301}s", "9223372036854775808ms", "9223372036854775807s", "106751991168d", "10s\n", "10µs",
    ])
    func isNoDuration(_ text: String) {
        #expect(DurationText(text) == nil)
    }

    @Test(arguments: [
        (Duration.zero, "0s"), (.milliseconds(1), "1ms"), (.milliseconds(1500), "1500ms"), (.seconds(60), "1m"),
        (.seconds(61), "61s"), (.seconds(3600), "1h"), (.seconds(86_400), "1d"), (.seconds(90_000), "25h"),
    ])
    func isWrittenInTheLargestUnit(_ duration: Duration, _ text: String) {
        #expect(DurationText(duration).description == text)
    }

    @Test(arguments: SeededGenerator.seeds)
    func everyWrittenDurationComesBack(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        for _ in 0..<1000 {
            let unit: Int64 = chance.one(of: [1, 1000, 60_000, 3_600_000, 86_400_000])
            let duration = Duration.milliseconds(unit * Int64.random(in: 0...100_000, using: &chance))
            #expect(DurationText(DurationText(duration).description)?.duration == duration)
        }
    }
}
