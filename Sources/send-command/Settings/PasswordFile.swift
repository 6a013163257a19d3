import ConfigurationReader

/// A file that holds a password and nothing else.
enum PasswordFile {
    /// Reads it; one newline at the end is not part of the password.
    ///
    /// - Throws: It cannot be read, or others may read it.
    static func read(_ path: String) throws(UsageError) -> String {
        let file: TrustedFile
        do throws(ConfigurationProblem) {
            file = try TrustedFile(path)
        } catch {
            throw UsageError("\(error)")
        }
        guard !file.isWorldReadable else {
            throw UsageError("\(path): a password file must not be readable by everybody; use: chmod o-r \(path)")
        }
        var bytes = file.bytes
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        guard let password = String(validating: bytes, as: UTF8.self), !password.isEmpty, !bytes.contains(0) else {
            throw UsageError("\(path): expected a password in UTF-8, found none")
        }
        return password
    }
}
