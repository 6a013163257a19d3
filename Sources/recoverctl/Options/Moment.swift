import CommandCatalog
import ConfigurationReader

/// An instant as people type it: `2026-11-21T08:00:00Z`, or a duration from now, such as `2d`.
enum Moment {
    /// An instant in the past.
    static func past(_ text: String, of option: String, before now: Timestamp) throws(Failure) -> Timestamp {
        try read(text, option) { now + (.zero - $0) }
    }

    /// An instant in the future.
    static func future(_ text: String, of option: String, after now: Timestamp) throws(Failure) -> Timestamp {
        let instant = try read(text, option) { now + $0 }
        guard instant > now else { throw Failure(.usage, "\(option): \(instant) is over already") }
        return instant
    }

    private static func read(
        _ text: String, _ option: String, _ distant: (Duration) -> Timestamp
    ) throws(Failure) -> Timestamp {
        if let instant = Timestamp(rfc3339: text) { return instant }
        if let duration = DurationText(text)?.duration { return distant(duration) }
        throw Failure(
            .usage,
            "\(option): expected a time such as \"2026-11-21T08:00:00Z\" or a duration such as \"2d\", "
                + "found \(text.debugDescription)")
    }
}
