/// The seconds since the start of the system, the first number of `/proc/uptime`.
struct Uptime: Equatable {
    let seconds: Double

    /// Reads the file's text.
    init(_ text: String) throws {
        guard let seconds = text.split(separator: " ").first.flatMap({ Double($0) }) else {
            throw ReadingError.unexpected(text, what: "an uptime")
        }
        // Whole seconds, as collectd has them.
        self.seconds = seconds.rounded(.down)
    }
}
