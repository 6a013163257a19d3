import Files
import Glibc

/// collectd's parser, and nothing of its plugins but the reading of their blocks.
///
/// `collectd -t` of 5.12 ends before it has read anything, always with success; `collectd -T` starts every plugin. So it is
/// given a file that includes the new one, and then names a base directory that cannot be: it comes to complain of that
/// directory only when it has parsed all, and before it starts anything.
struct CollectdCheck {
    let program: String
    let timeout: Duration
    let isCancelled: @Sendable () -> Bool

    /// A directory that nobody can make.
    private static let impossible = "/proc/recoverd-check"

    /// Looks at a configuration.
    ///
    /// - Parameters:
    ///   - file: The new configuration.
    ///   - wrapper: The path of the file that includes it.
    /// - Throws: What collectd says is wrong.
    func run(_ file: String, wrapper: String) throws {
        let text = "Include \"\(Self.quoted(file))\"\nBaseDir \"\(Self.impossible)\"\n"
        try WholeFile.replace(wrapper, Array(text.utf8))
        defer { unlink(wrapper) }
        let end = ChildProgram.run(
            [program, "-T", "-B", "-C", wrapper], timeout: timeout, isCancelled: isCancelled)
        guard end.output.contains(Self.impossible), end.status != 0 else {
            throw ServiceFailure(end.isSuccess ? "collectd did not look at it: \(end.output)" : end.reason)
        }
    }

    private static func quoted(_ path: String) -> String {
        path.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
    }
}
