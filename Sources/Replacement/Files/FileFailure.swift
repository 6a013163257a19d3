import Glibc

/// What could not be done with a file, and why.
package struct FileFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }

    /// That a system call failed, which errno tells.
    init(_ path: String, errno code: Int32) { description = "\(path): \(String(cString: strerror(code)))" }
}
