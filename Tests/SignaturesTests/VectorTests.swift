import Signatures
import TestSupport
import Testing

/// Ed25519 is that of RFC 8032, and of the tools that others use.
struct VectorTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let name: String
        let seed: String
        let key: String
        let message: String
        let signature: String

        var testDescription: String { name }
    }

    /// RFC 8032, section 7.1.
    static let vectors = [
        Vector(
            name: "TEST 1", seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", message: "",
            signature:
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                + "d25bf5f0595bbe24655141438e7a100b"),
        Vector(
            name: "TEST 2", seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", message: "72",
            signature:
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
                + "387b2eaeb4302aeeb00d291612bb0c00"),
        Vector(
            name: "TEST 3", seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            key: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", message: "af82",
            signature:
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
                + "4a7c15e9716ed28dc027beceea1ec40a"),
        Vector(
            name: "TEST SHA(abc)", seed: "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            key: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            message: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
                + "454d4423643ce80e2a9ac94fa54ca49f",
            signature:
                "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
                + "3dca179c138ac17ad9bef1177331a704"),
    ]

    @Test(arguments: vectors) func vectorsHold(_ vector: Vector) throws {
        let key = try #require(SigningKey(seed: bytes(vector.seed)))
        let message = bytes(vector.message)
        #expect(key.verificationKey.bytes == bytes(vector.key))
        #expect(key.signature(of: message) == bytes(vector.signature))
        #expect(key.verificationKey.isSignature(bytes(vector.signature), of: message))
        #expect(!key.verificationKey.isSignature(bytes(vector.signature), of: message + [0]))
    }

    @Test func everyBitOfASignatureCounts() throws {
        let key = try #require(SigningKey(seed: bytes(Self.vectors[2].seed)))
        let signature = key.signature(of: [1, 2, 3])
        for bit in 0..<512 {
            var other = signature
            other[bit / 8] ^= 1 << (bit % 8)
            #expect(!key.verificationKey.isSignature(other, of: [1, 2, 3]), "bit \(bit)")
        }
        for other in [[], [UInt8](repeating: 0, count: 64), Array(signature.dropLast()), signature + [0]] {
            #expect(!key.verificationKey.isSignature(other, of: [1, 2, 3]))
        }
    }

    /// Row M55: S with the order of the group added says the same to those who do not look, and would be a second signature.
    @Test func secondSpellingOfASignatureIsRefused() throws {
        let key = try #require(SigningKey(seed: bytes(Self.vectors[1].seed)))
        var signature = key.signature(of: [9])
        let order = bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        var carry = 0
        for index in 0..<32 {
            let sum = Int(signature[32 + index]) + Int(order[index]) + carry
            signature[32 + index] = UInt8(sum & 255)
            carry = sum >> 8
        }
        #expect(carry == 0)
        #expect(!key.verificationKey.isSignature(signature, of: [9]))
    }

    /// Row M55: with these keys anybody could sign.
    @Test(arguments: [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0200000000000000000000000000000000000000000000000000000000000000", "00",
    ])
    func weakKeysAreNone(_ text: String) {
        #expect(VerificationKey(bytes(text)) == nil)
    }
}

/// The bytes of hexadecimal digits.
func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...($0 + 1)]), radix: 16) ?? 0 }
}
