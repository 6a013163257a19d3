/// A duration as people write it: a whole number and a unit, `500ms`, `50s`, `10m`, `2h`, `1d`.
public struct DurationText: Sendable, Equatable, CustomStringConvertible {
    /// The duration.
    public let duration: Duration

    /// The units, largest first, in milliseconds.
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// The text of a duration.
    public init(_ duration: Duration) {
        self.duration = duration
    }

    /// Reads a text; `nil` when it has no unit, is no whole number, or is too large to count in milliseconds.
    public init?(_ text: String) {
        let digits = text.prefix { ("0"..."9").contains($0) }
        let unit = text.dropFirst(digits.count)
        guard let count = Int64(digits), let milliseconds = Self.units.first(where: { $0.name == unit })?.milliseconds
        else { return nil }
        let (product, isTooLarge) = count.multipliedReportingOverflow(by: milliseconds)
        guard !isTooLarge else { return nil }
        duration = .milliseconds(product)
    }

    /// The duration in the largest unit that divides it.
    public var description: String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        let unit = Self.units.first { milliseconds != 0 && milliseconds % $0.milliseconds == 0 } ?? ("s", 1000)
        return "\(milliseconds / unit.milliseconds)\(unit.name)"
    }
}
