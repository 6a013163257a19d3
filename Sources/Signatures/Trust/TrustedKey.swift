public import CommandCatalog

/// A public key, and what its holder may do and when.
public struct TrustedKey: Sendable, Equatable {
    /// What it is called.
    public let id: KeyID
    /// How signatures are made with it; those that claim another way are refused.
    public let algorithm: String
    /// The key.
    public let key: VerificationKey
    /// The roles of its holder, by which a policy may speak of him.
    public let roles: [String]
    /// Its first moment.
    public let notBefore: Timestamp?
    /// Its end; at this time it is not valid any more.
    public let notAfter: Timestamp?
    /// Whether nobody may use it any more.
    public let isRevoked: Bool

    /// How many roles a key may have.
    public static let mostRoles = 32

    /// A key.
    public init(
        id: KeyID,
        key: VerificationKey,
        roles: [String] = [],
        notBefore: Timestamp? = nil,
        notAfter: Timestamp? = nil,
        isRevoked: Bool = false
    ) {
        (self.id, algorithm, self.key, self.roles) = (id, TaskAuthentication.ed25519, key, roles)
        (self.notBefore, self.notAfter, self.isRevoked) = (notBefore, notAfter, isRevoked)
    }
}
