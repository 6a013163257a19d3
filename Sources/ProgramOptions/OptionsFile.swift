import ConfigurationReader
import Glibc

/// The file with the options that nobody wants to type every time: a JSON object with their long names as keys.
package enum OptionsFile {
    /// Reads a file.
    ///
    /// - Throws: All that is wrong with it, with places.
    package static func read(_ path: String) throws(UsageError) -> GivenOptions {
        do throws(ConfigurationProblem) {
            return try read(TrustedFile(path))
        } catch {
            throw UsageError("\(error)")
        }
    }

    /// Reads the file of a user who did not name one; without such a file nothing is said.
    ///
    /// - Parameter home: The home directory, if there is one.
    /// - Returns: What the file says.
    /// - Throws: All that is wrong with it, with places.
    package static func read(home: String?) throws(UsageError) -> GivenOptions {
        guard let home, !home.isEmpty else { return GivenOptions() }
        let path = "\(home)/.config/recoverd/send-command.json"
        var status = stat()
        if stat(path, &status) != 0, errno == ENOENT || errno == ENOTDIR { return GivenOptions() }
        return try read(path)
    }

    private static func read(_ file: TrustedFile) throws(ConfigurationProblem) -> GivenOptions {
        let report = ConfigurationReport()
        guard let document = ConfigurationDocument(file: file.path, text: file.bytes, report: report) else {
            throw problem(report, in: file.path)
        }
        let options: GivenOptions
        do throws(UsageError) {
            options = try GivenOptions(FileOptions(section: document.root))
        } catch {
            throw ConfigurationProblem(file: file.path, message: error.description)
        }
        if options.password != nil && file.isWorldReadable {
            document.root.mistake(
                "a file with a password must not be readable by everybody; use: chmod o-r", at: "password")
        }
        document.reportUnknownKeys()
        guard report.mistakes.isEmpty else { throw problem(report, in: file.path) }
        return options
    }

    /// The first mistake, and the others behind it.
    private static func problem(_ report: ConfigurationReport, in path: String) -> ConfigurationProblem {
        guard let first = report.mistakes.first else { return ConfigurationProblem(file: path, message: "unusable") }
        let others = report.mistakes.dropFirst().map { "\n\($0)" }.joined()
        return ConfigurationProblem(
            file: first.file, position: first.position, path: first.path, message: first.message + others
        )
    }
}
