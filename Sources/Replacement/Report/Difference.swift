import Glibc

/// What is different between files in force and files to come, as diff(1) tells it, without secrets.
enum Difference {
    private static let program = "/usr/bin/diff"
    /// How much of it is told.
    private static let mostBytes = 48 * 1024

    /// The difference between two files.
    ///
    /// - Parameters:
    ///   - name: What they are called.
    ///   - old: The path of what is in force; `nil`: there is nothing.
    ///   - new: The path of what comes; `nil`: nothing does.
    /// - Returns: Lines of the unified form; empty where nothing is different.
    static func text(_ name: String, old: String?, new: String?) -> String {
        guard old != nil || new != nil else { return "" }
        guard access(program, X_OK) == 0 else { return "\(program) is not installed, so no difference can be told" }
        let end = ChildProgram.run(
            [
                program, "--unified", "--label", old.map { _ in "\(name) (in force)" } ?? "/dev/null", "--label",
                new.map { _ in "\(name) (new)" } ?? "/dev/null", "--", old ?? "/dev/null", new ?? "/dev/null",
            ], timeout: .seconds(20))
        guard end.status == 0 || end.status == 1 else { return "\(name): no difference can be told: \(end.reason)" }
        let text = Redaction.redacted(end.output)
        guard text.utf8.count > mostBytes else { return text }
        return String(decoding: text.utf8.prefix(mostBytes), as: UTF8.self) + "\n[…]"
    }
}
