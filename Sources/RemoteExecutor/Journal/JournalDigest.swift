/// What tells one task from another: 32 bytes.
struct JournalDigest: Hashable, Sendable {
    /// The bytes.
    let bytes: [UInt8]
}
