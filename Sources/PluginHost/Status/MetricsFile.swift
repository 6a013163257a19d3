import ConfigurationReader
import Glibc

/// The file for node_exporter's textfile collector: at any moment it is a whole one, and none when the agent has stopped.
struct MetricsFile {
    let path: String
    /// Why it could not be written the last time.
    private(set) var error: String?

    init(_ path: String) { self.path = path }

    /// Writes it; nothing of it must survive a loss of power.
    ///
    /// - Returns: Whether something is to be told: that it cannot be written any more, or can be again.
    mutating func write(_ text: String) -> Bool {
        let before = error
        error = failure(of: text)
        return error != before
    }

    /// Removes it: numbers of an agent that is no more are no news.
    func remove() { unlink(path) }

    private func failure(of text: String) -> String? {
        // The collector reads what ends in .prom only.
        let draft = path + ".new"
        unlink(draft)
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard file >= 0 else { return Self.failure(draft) }
        defer { close(file) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return Self.failure(draft) }
            rest = rest.dropFirst(count)
        }
        // Whatever the mask of our process is: the collector is another user.
        guard fchmod(file, 0o644) == 0, rename(draft, path) == 0 else { return Self.failure(path) }
        return nil
    }

    private static func failure(_ path: String) -> String { "\(path): \(String(cString: strerror(errno)))" }
}
