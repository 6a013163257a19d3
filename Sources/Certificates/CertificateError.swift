/// Why a certificate or a key cannot be used, or cannot be made.
public struct CertificateError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was wanted, what was found, and what to do; with the file, where there is one.
    public let description: String
    /// The call of the system or of the library that refused.
    public let call: String

    /// An error of these words.
    public init(_ description: String, call: String) {
        self.description = description
        self.call = call
    }
}
