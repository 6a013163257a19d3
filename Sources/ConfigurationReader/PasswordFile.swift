/// A file that holds a password and nothing else; the end of its line does not belong to it.
public struct PasswordFile: Sendable {
    /// The password; print it nowhere.
    public let password: String

    /// Bytes of the file at most: brokers take no longer passwords, and a wrong file is noticed.
    private static let largestSize = 4096

    /// Reads a file.
    ///
    /// - Throws: Why it cannot be read or trusted: everybody may read it, it is empty, or holds no text.
    public init(_ path: String) throws(ConfigurationProblem) {
        let file = try TrustedFile(path)
        guard !file.isWorldReadable else { throw Self.problem(path, "everybody may read it; use: chmod o-r") }
        guard file.bytes.count <= Self.largestSize else {
            throw Self.problem(path, "has \(file.bytes.count) bytes; a password has at most \(Self.largestSize)")
        }
        password = try Self.text(of: file.bytes, path)
    }

    private static func text(of bytes: [UInt8], _ path: String) throws(ConfigurationProblem) -> String {
        var bytes = bytes[...]
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard !bytes.isEmpty else { throw problem(path, "is empty") }
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            throw problem(path, "holds bytes that are no UTF-8 text, or a NUL")
        }
        return text
    }

    private static func problem(_ path: String, _ message: String) -> ConfigurationProblem {
        ConfigurationProblem(file: path, message: message)
    }
}
