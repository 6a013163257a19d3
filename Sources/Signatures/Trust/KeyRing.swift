public import CommandCatalog

/// The keys that an agent trusts.
public struct KeyRing: Sendable, Equatable {
    /// The keys by name.
    public private(set) var keys: [KeyID: TrustedKey]
    /// Whether tasks must be signed: as soon as there is a key, or was meant to be one.
    public let demandsSignatures: Bool

    /// No keys, and so no demands: the world before signatures.
    public static let empty = KeyRing([])

    /// A ring of keys; of two with one name the later stands.
    public init(_ keys: [TrustedKey], demandsSignatures: Bool = false) {
        self.keys = Dictionary(keys.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        self.demandsSignatures = demandsSignatures || !keys.isEmpty
    }

    /// What the ring says about a key.
    public enum Verdict: Sendable, Equatable {
        /// It may be used.
        case usable(TrustedKey)
        /// There is no such key.
        case unknown
        /// Signatures with this key are made in another way.
        case wrongAlgorithm
        /// Its time comes at this moment.
        case notYetValid(Timestamp)
        /// Its time was over at this moment.
        case expired(Timestamp)
        /// Nobody may use it any more.
        case revoked
    }

    /// What the ring says about a key at a time.
    public func verdict(on id: KeyID, algorithm: String, at now: Timestamp) -> Verdict {
        guard let key = keys[id] else { return .unknown }
        guard key.algorithm.utf8.elementsEqual(algorithm.utf8) else { return .wrongAlgorithm }
        if key.isRevoked { return .revoked }
        if let start = key.notBefore, now < start { return .notYetValid(start) }
        if let end = key.notAfter, now >= end { return .expired(end) }
        return .usable(key)
    }

    /// The keys that end within this time from now on, the soonest first; those that are over are not among them.
    public func ending(within duration: Duration, of now: Timestamp) -> [TrustedKey] {
        keys.values.compactMap { key -> (end: Timestamp, key: TrustedKey)? in
            guard let end = key.notAfter, !key.isRevoked, now < end, end <= now + duration else { return nil }
            return (end: end, key: key)
        }.sorted { ($0.end, $0.key.id) < ($1.end, $1.key.id) }.map(\.key)
    }
}
