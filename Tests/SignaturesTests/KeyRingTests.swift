import CommandCatalog
import Signatures
import Testing

/// The keys that a host trusts, and when they end.
struct KeyRingTests {
    private static let now = Timestamp(seconds: 1_800_000_000)

    private func key(_ name: String, endsIn days: Int?, isRevoked: Bool = false) -> TrustedKey {
        TrustedKey(
            id: Signing.identity(name), key: SigningKey.random().verificationKey,
            notAfter: days.map { Self.now + .seconds(86_400 * $0) }, isRevoked: isRevoked)
    }

    @Test func keysThatEndSoonAreNamedTheSoonestFirst() {
        let ring = KeyRing([
            key("late", endsIn: 31), key("never", endsIn: nil), key("b", endsIn: 30), key("a", endsIn: 30),
            key("soon", endsIn: 1), key("over", endsIn: -1), key("now", endsIn: 0),
            key("revoked", endsIn: 2, isRevoked: true),
        ])
        let ending = ring.ending(within: .seconds(30 * 86_400), of: Self.now).map(\.id.description)
        #expect(ending == ["soon", "a", "b"])
        #expect(ring.demandsSignatures && !KeyRing.empty.demandsSignatures)
    }

    @Test func ofTwoKeysOfOneNameTheLaterStands() {
        let (first, second) = (key("a", endsIn: 1), key("a", endsIn: 2))
        #expect(KeyRing([first, second]).keys == [second.id: second])
    }

    @Test func everyNonceIsAnother() {
        let nonces = (0..<1000).map { _ in TaskAuthentication.randomNonce() }
        #expect(Set(nonces).count == 1000 && nonces.allSatisfy { $0.utf8.count == 32 })
    }
}
