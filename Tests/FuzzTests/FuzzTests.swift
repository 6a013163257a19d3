import FuzzBodies
import Glibc
import TestSupport
import Testing

/// The bodies that `make fuzz` gives to libFuzzer, for a short time and with changes of our own.
@Suite(.crowd)
struct FuzzTests {
    /// `RECOVERD_FUZZ_SECONDS`: how long each body is tried.
    private static let time = Duration.seconds(
        getenv("RECOVERD_FUZZ_SECONDS").flatMap { Int(String(cString: $0)) } ?? 2)

    @Test(arguments: FuzzBody.allCases) func nothingDoesHarm(body: FuzzBody) async throws {
        let seeds = FuzzCorpus.seeds(of: body)
        try #require(!seeds.isEmpty)
        // Every seed as it is, and then cut and changed again and again; the seed of chance is told by a crash's output.
        for seed in seeds { body.run(seed) }
        let seed = getenv("TEST_SEED").flatMap { UInt64(String(cString: $0)) } ?? UInt64.random(in: 0 ... .max)
        print("fuzz \(body) with seed \(seed)")
        var chance = SeededGenerator(seed: seed)
        var count = 0
        let end = ContinuousClock.now + Self.time
        while .now < end || count < 100 {
            body.run(Self.changed(chance.one(of: seeds), seeds, &chance))
            count += 1
            if count.isMultiple(of: 100) { await Task.yield() }
        }
        print("fuzz \(body): \(count) inputs")
    }

    /// Bytes that readers have stumbled over.
    private static let words: [[UInt8]] = [
        "{", "}", "[", "]", "\"", "\\u0000", "\\ud800", ":", ",", "null", "true", "-1", "1e999", "9223372036854775808",
        "\u{0}", "\u{FEFF}", "\u{202E}", "%h", "/", "+", "#", "$", "*", "@unsigned", "role:", "auth", "task_id",
    ].map { Array($0.utf8) }

    private static func changed(_ seed: [UInt8], _ seeds: [[UInt8]], _ chance: inout SeededGenerator) -> [UInt8] {
        var bytes = seed
        for _ in 0...chance.number(below: 4) {
            let place = chance.number(below: bytes.count + 1)
            switch chance.number(below: 7) {
            case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8(chance.number(below: 8))
            case 1 where place < bytes.count: bytes[place] = UInt8(chance.number(below: 256))
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + 1 + chance.number(below: 9)))
            case 3: bytes.insert(contentsOf: chance.one(of: words), at: place)
            case 4:
                let other = chance.one(of: seeds)
                guard !other.isEmpty else { continue }
                let start = chance.number(below: other.count)
                let piece = other[start..<min(other.count, start + 1 + chance.number(below: 40))]
                bytes.insert(contentsOf: piece, at: place)
            case 5 where chance.happens(onceIn: 4): bytes.removeSubrange(place...)
            default:
                let piece = bytes[place..<min(bytes.count, place + 1 + chance.number(below: 20))]
                bytes.insert(contentsOf: piece, at: place)
            }
        }
        return bytes
    }
}
