public import JSON
internal import Glibc

/// A generator of chance that repeats itself from its seed (SplitMix64), so that a failing property can be run again.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// The generator of a seed.
    public init(seed: UInt64) {
        state = seed
    }

    /// The seeds that a property is tested with: some that are always the same, and a new one, which the name of the
    /// failing test case tells; the environment variable `TEST_SEED` repeats it.
    public static let seeds: [UInt64] = {
        if let text = getenv("TEST_SEED"), let seed = UInt64(String(cString: text)) { return [seed] }
        return [1, 2, UInt64.random(in: 3...UInt64.max)]
    }()

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    /// A number below a bound, which must be positive.
    public mutating func number(below bound: Int) -> Int {
        Int.random(in: 0..<bound, using: &self)
    }

    /// Whether a coin that falls so once in `times` did.
    public mutating func happens(onceIn times: Int) -> Bool {
        number(below: times) == 0
    }

    /// One of some things, of which there must be one.
    public mutating func one<Element>(of elements: [Element]) -> Element {
        elements[number(below: elements.count)]
    }
}

extension SeededGenerator {
    /// Characters that readers and writers of text have stumbled over: quotes, escapes, white space, braces of our
    /// templates, wildcards, both forms of `é`, the ends of planes, and what is written from right to left.
    private static let difficult = Array(
        "ab0 \"\\/\t\n\r{}[],:'$`;|&<>()*?#+-=~!%é\u{65}\u{301}\u{7F}\u{80}\u{85}\u{2028}\u{202E}\u{FEFF}\u{FFFD}\u{FFFF}🙂👩‍👩‍👧\u{10FFFF}"
            .unicodeScalars
    )

    /// A text of at most so many difficult characters; it may be empty.
    public mutating func text(upTo length: Int = 12, without refused: Set<Unicode.Scalar> = []) -> String {
        let scalars = Self.difficult.filter { !refused.contains($0) }
        var text = String.UnicodeScalarView()
        for _ in 0..<number(below: length + 1) { text.append(one(of: scalars)) }
        return String(text)
    }

    /// A JSON value that nests at most so deep.
    public mutating func json(depth: Int = 4) -> JSONValue {
        switch number(below: depth > 0 ? 8 : 5) {
        case 0: .null
        case 1: .bool(happens(onceIn: 2))
        case 2: .integer(one(of: [0, -1, 1, Int64.min, Int64.max, Int64(bitPattern: next())]))
        case 3: .real(one(of: [0.5, -1e300, .leastNonzeroMagnitude, 1.0, 0.1, Double(next()) / 7]))
        case 4: .string(text())
        case 5: .array((0..<number(below: 5)).map { _ in json(depth: depth - 1) })
        default: .object(object(depth: depth - 1))
        }
    }

    /// A JSON object of up to five members, whose values nest at most so deep.
    public mutating func object(depth: Int = 3) -> JSONObject {
        JSONObject((0..<number(below: 6)).map { _ in (text(upTo: 4), json(depth: depth)) })
    }
}
