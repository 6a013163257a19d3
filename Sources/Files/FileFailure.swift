import Glibc

/// What could not be done with a file, or what is wrong with it.
package struct FileFailure: Error, Equatable, CustomStringConvertible {
    /// The file or directory; `nil` where it is about none.
    package let path: String?
    /// What is the matter, such as `cannot be written: No space left on device`.
    package let message: String

    /// A failure that says this.
    package init(_ path: String?, _ message: String) {
        (self.path, self.message) = (path, message)
    }

    /// That a system call failed.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - verb: What was to be done with it, such as `written`.
    ///   - code: The reason, as errno has it.
    package init(_ path: String, cannotBe verb: String, errno code: Int32) {
        self.init(path, "cannot be \(verb): \(Self.reason(code))")
    }

    /// What the system says about an error.
    package static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }

    /// The path and what is the matter.
    package var description: String { (path.map { "\($0): " } ?? "") + message }
}
