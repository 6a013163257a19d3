internal import CSodium

/// libsodium, made ready once.
enum Sodium {
    /// Whether the library can be used; it says no only where the system gives no chance (getrandom(2)).
    private static let isReady = sodium_init() >= 0

    /// Makes the library ready; to be called before anything else of it.
    static func prepare() {
        guard isReady else { preconditionFailure("libsodium cannot be used: no random numbers from the system") }
    }

    /// Random bytes of the system.
    static func random(_ count: Int) -> [UInt8] {
        prepare()
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            if let start = buffer.baseAddress { randombytes_buf(start, count) }
            written = count
        }
    }
}
