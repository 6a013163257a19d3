import Digest
import Testing

@Suite struct SHA256Tests {
    /// The examples of FIPS 180-4's test vectors.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
    func digestIsThatOfTheStandard(message: String, digest: String) {
        #expect(SHA256(of: Array(message.utf8)).description == digest)
    }

    @Test func piecesHaveTheDigestOfTheWhole() {
        let whole = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* $0) }
        for size in [1, 63, 64, 65, 4096, 200_000] {
            var pieces = stride(from: 0, to: whole.count, by: size).map {
                Array(whole[$0..<min($0 + size, whole.count)])
            }
            .makeIterator()
            #expect(SHA256(of: &pieces) == SHA256(of: whole), "\(size)")
        }
    }
}
