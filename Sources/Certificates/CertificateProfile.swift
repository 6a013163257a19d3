/// What a certificate that is to be made says.
public struct CertificateProfile: Sendable, Hashable {
    /// What its holder may do with it.
    public enum Usage: Sendable, Hashable {
        /// Prove to a broker who connects.
        case client
        /// Prove to clients who the broker is.
        case server
        /// Sign certificates.
        case authority
    }

    /// The name of its holder; libcrypto takes 64 characters at most, as the standard says.
    public var commonName: String
    /// Further names: host names, and addresses in digits.
    public var alternativeNames: [String]
    /// What it is for.
    public var usage: Usage
    /// From when on it is good, in seconds since 1970.
    public var notBefore: Int64
    /// Until when it is good, in seconds since 1970.
    public var notAfter: Int64

    /// What a certificate says.
    public init(
        commonName: String, alternativeNames: [String] = [], usage: Usage, notBefore: Int64, notAfter: Int64
    ) {
        self.commonName = commonName
        self.alternativeNames = alternativeNames
        self.usage = usage
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// The longest common name.
    public static let longestName = 64
}
