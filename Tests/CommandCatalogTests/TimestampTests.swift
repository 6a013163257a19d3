import CommandCatalog
import TestSupport
import Testing

/// Which texts are times (M37 to M39).
struct TimestampTests {
    @Test(
        "M37, M38: texts that are times",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2020-11-26T00:41:19Z", 1_606_351_279), ("2038-01-19T03:14:08Z", 1 << 31),
            ("2020-11-26T09:41:19+09:00", 1_606_351_279), ("2020-11-25T19:11:19-05:30", 1_606_351_279),
            ("2016-12-31T23:59:60Z", 1_483_228_799), ("2000-02-29T00:00:00Z", 951_782_400),
            ("2261-12-31T23:59:59Z", 9_214_646_399), ("1969-12-31T23:59:59Z", -1),
            ("1900-03-01T00:00:00Z", -2_203_891_200),
            ("2020-11-26T00:41:19+00:00", 1_606_351_279), ("2020-11-26T00:41:19-00:00", 1_606_351_279),
        ])
    func isTime(_ text: String, _ seconds: Int64) {
        #expect(Timestamp(rfc3339: text) == Timestamp(seconds: seconds))
    }

    @Test(
        "M37, M38: texts that are none",
        arguments: [
            "", "now", "2020-11-26", "2020-11-26 00:41:19", "2020-11-26 00:41:19Z", "2020-11-26T00:41:19",
            "2020-11-26T00:41:19z", "2020-11-26t00:41:19Z", "2020-W48-4T00:41:19Z", "2021-02-30T00:00:00Z",
            "2021-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2020-13-01T00:00:00Z", "2020-00-01T00:00:00Z",
            "2020-01-00T00:00:00Z", "2020-04-31T00:00:00Z", "2020-11-26T24:00:00Z", "2020-11-26T00:60:00Z",
            "2020-11-26T00:00:61Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1677-01-01T00:00:00Z",
            "2263-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1234567890-01-01T00:00:00Z", "2020-11-26T00:41:19.Z",
            "2020-11-26T00:41:19+0900", "2020-11-26T00:41:19+24:00", "2020-11-26T00:41:19+09:60",
            "2020-11-26T00:41:19+9:00",
            "2020-11-26T00:41:19ZZ", "2020-11-26T00:41:19Z ", " 2020-11-26T00:41:19Z", "2020-11-26T00:41:19,5Z",
            "+020-11-26T00:41:19Z", "2020-11-26T00:41Z", "٢٠٢٠-11-26T00:41:19Z", "2020-11-26T00:41:19Z\u{301}",
        ])
    func isNoTime(_ text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test(arguments: [
        ("0.5", 500_000_000), ("0.000000001", 1), ("0.0000000019", 1), ("0.123456789", 123_456_789),
        ("0." + String(repeating: "9", count: 400), 999_999_999),
    ])
    func fractionsCount(_ second: String, _ nanoseconds: Int64) {
        #expect(Timestamp(rfc3339: "1970-01-01T00:00:0\(second)Z") == Timestamp(nanoseconds: nanoseconds))
    }

    @Test(arguments: SeededGenerator.seeds)
    func everyTimeComesBack(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let seconds = Int64.random(in: -9_214_000_000...9_214_000_000, using: &chance)
            #expect(Timestamp(rfc3339: Timestamp(seconds: seconds).description) == Timestamp(seconds: seconds))
            let time = Timestamp(nanoseconds: seconds * 1_000_000_000 + Int64(chance.number(below: 1000)) * 1_000_000)
            #expect(Timestamp(rfc3339: time.textWithMilliseconds) == time)
        }
    }

    @Test func sumsEndWhereTimeEnds() {
        #expect(Timestamp(nanoseconds: .max) + .seconds(1) == Timestamp(nanoseconds: .max))
        #expect(Timestamp(nanoseconds: .min) + .seconds(-1) == Timestamp(nanoseconds: .min))
        #expect(Timestamp(seconds: 0) + .seconds(Int64.max) == Timestamp(nanoseconds: .max))
        #expect(Timestamp(nanoseconds: .min).description == "1677-09-21T00:12:43Z")
    }
}
