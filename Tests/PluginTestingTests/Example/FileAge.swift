import CommandCatalog
import ConfigurationReader
import Glibc
import PluginKit

/// Measures how old a file is, and says when it is too old: a backup that did not run, a log that stands still.
final class FileAge: Reader {
    static let name = "file-age"
    static let sample = #"{"Plugins": {"file-age": {"path": "/var/backups/db.dump", "oldest": "1d"}}}"#

    private let configuration: Configuration
    private let context: PluginContext

    init(configuration: Configuration, context: PluginContext) {
        self.configuration = configuration
        self.context = context
    }

    func read() async throws -> [Metric] {
        var status = stat()
        guard stat(configuration.path, &status) == 0 else {
            throw FileAgeError(path: configuration.path, reason: String(cString: strerror(errno)))
        }
        let age = context.clock.now.seconds - Double(status.st_mtim.tv_sec)
        let metric = context.metric("duration", [DataSource(.gauge(age))])
        if .seconds(age) > configuration.oldest {
            context.dispatcher.dispatch(
                Notification(
                    severity: .warning,
                    time: context.clock.now,
                    message: "\(configuration.path) is \(Int(age)) s old",
                    identity: metric.identity
                )
            )
        }
        return [metric]
    }
}

struct FileAgeError: Error {
    let path: String
    let reason: String
}
