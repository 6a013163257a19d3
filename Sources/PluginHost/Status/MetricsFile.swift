import ConfigurationReader
import Files
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
        do throws(FileFailure) {
            // The collector reads what ends in .prom only, and is another user.
            try WholeFile.replace(path, Array(text.utf8), .readable, isDurable: false)
            return nil
        } catch {
            return error.description
        }
    }
}
