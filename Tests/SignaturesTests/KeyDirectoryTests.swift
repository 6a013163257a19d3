import CommandCatalog
import ConfigurationReader
import Glibc
import Signatures
import TestSupport
import Testing

/// Rows C21, C03 and C29 of the corpus of bad input, for keys.
struct KeyDirectoryTests {
    private let directory: TemporaryDirectory
    private static let key = SigningKey.random().verificationKey

    init() throws { directory = try TemporaryDirectory() }

    private static func text(_ key: VerificationKey = key, _ more: String = "") -> String {
        "{\"key\": \"\(key)\"\(more)}"
    }

    private func read() -> KeyDirectory {
        var keys = KeyDirectory(directory.path)
        keys.read()
        return keys
    }

    @Test func keysAreReadWithAllThatTheyMayDo() throws {
        let more = """
            , "//": "Ann", "alg": "ed25519", "roles": ["operator", "night"], "not_before": "2026-01-01T00:00:00Z",
             "not_after": "2027-01-01T00:00:00Z", "revoked": true
            """
        try directory.write(Self.text(Self.key, more), to: "ops-2026a.pub", mode: 0o644)
        try directory.write("no key", to: "README", mode: 0o644)
        try directory.write("no key", to: ".ops.pub", mode: 0o644)
        let keys = read()
        let id = try #require(KeyID("ops-2026a"))
        let expected = TrustedKey(
            id: id, key: Self.key, roles: ["operator", "night"], notBefore: Timestamp(rfc3339: "2026-01-01T00:00:00Z"),
            notAfter: Timestamp(rfc3339: "2027-01-01T00:00:00Z"), isRevoked: true)
        #expect(keys.mistakes == [] && keys.ring.keys == [id: expected])
    }

    @Test(arguments: [
        ("", "the file is empty; the smallest one is {}"), ("{}", "needs \"key\""),
        ("# ann\n{}", "no valid JSON"), ("{\"key\": \"a\", \"key\": \"b\"}", "1:18: no valid JSON"),
        (text() + text(), "no valid JSON"), (text(key, ", \"not_afer\": 1"), "did you mean \"not_after\"?"),
        ("{\"key\": \"\(String(repeating: "A", count: 44))\"}", "expected a public key of Ed25519 in base64"),
        ("{\"key\": \"\(Base64.text(key.bytes))\"}", "1:9: key: expected a public key of Ed25519 in base64"),
        ("{\"key\": \"\(key)A\"}", "expected a public key"),
        ("{\"key\": \"\(key.description.dropLast(4))\"}", "expected"),
        (
            "{\"key\": \"MCowBQYDK2VwAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"}",
            "expected a public key of Ed25519"
        ),
        ("{\"key\": \"-----BEGIN PUBLIC KEY-----\\n\"}", "found PEM; leave its first and last line out"),
        (text(key, ", \"alg\": \"none\""), "expected one of \"ed25519\""),
        (text(key, ", \"roles\": \"ops\""), "expected an array"), (text(key, ", \"roles\": [\"a b\"]"), "a role"),
        (text(key, ", \"not_after\": \"tomorrow\""), "expected a time"),
        (text(key, ", \"revoked\": \"no\""), "true or"),
        (
            text(key, ", \"not_before\": \"2026-01-01T00:00:00Z\", \"not_after\": \"2026-01-01T00:00:00Z\""),
            "expected a time after not_before"
        ),
    ])
    func brokenFileIsRefusedAloneAndSigningIsDemanded(_ text: String, _ message: String) throws {
        try directory.write(text, to: "broken.pub")
        let alone = read()
        #expect(alone.ring.keys.isEmpty && alone.ring.demandsSignatures)
        try directory.write(Self.text(SigningKey.random().verificationKey), to: "good.pub")
        let keys = read()
        #expect(keys.ring.keys.keys.map(\.description) == ["good"])
        #expect(keys.mistakes.allSatisfy { $0.file == directory.path("broken.pub") })
        #expect(keys.mistakes.contains { "\($0)".contains(message) }, "\(keys.mistakes)")
    }

    @Test(arguments: [0o664, 0o646, 0o666] as [UInt32])
    func fileThatOthersMayWriteIsRefused(mode: UInt32) throws {
        try directory.write(Self.text(), to: "a.pub", mode: mode)
        #expect(read().ring.keys.isEmpty && read().mistakes.count == 1)
    }

    @Test func directoryThatOthersMayWriteIsRefused() throws {
        try directory.write(Self.text(), to: "a.pub")
        for mode in [0o770, 0o707] as [UInt32] {
            chmod(directory.path, mode)
            let keys = read()
            #expect(keys.ring.keys.isEmpty && keys.ring.demandsSignatures)
            #expect("\(keys.mistakes)".contains("may be written by group or others"))
        }
    }

    @Test func linksFoldersAndStrangersNamesAreRefused() throws {
        try directory.write(Self.text(), to: "real")
        symlink(directory.path("real"), directory.path("link.pub"))
        mkdir(directory.path("folder.pub"), 0o700)
        mkfifo(directory.path("pipe.pub"), 0o600)
        try directory.write(Self.text(), to: "a b.pub")
        let keys = read()
        #expect(keys.ring.keys.isEmpty && keys.mistakes.count == 4)
    }

    @Test func oneKeyHasOneName() throws {
        try directory.write(Self.text(Self.key, ", \"revoked\": true"), to: "a.pub")
        try directory.write(Self.text(), to: "b.pub")
        let keys = read()
        #expect(keys.ring.keys.keys.map(\.description) == ["a"])
        #expect(keys.mistakes.map(\.message) == ["is the key a again; a key has one name"])
    }

    @Test func nothingIsReplacedWhileAFileIsWrong() throws {
        let (first, second) = (SigningKey.random().verificationKey, SigningKey.random().verificationKey)
        try directory.write(Self.text(first), to: "a.pub")
        var keys = read()
        let before = keys.ring
        for _ in 0..<100 {
            try directory.write("{", to: "a.pub")
            try directory.write(Self.text(second), to: "b.pub")
            let isNew = keys.read()
            #expect(!isNew && keys.ring == before && keys.mistakes.count == 1)
        }
        try directory.write(Self.text(first), to: "a.pub")
        let isNew = keys.read()
        #expect(isNew && keys.ring.keys.count == 2 && keys.mistakes.isEmpty)
    }

    @Test func revocationAndRemovalCountWhateverElseIsWrong() throws {
        for name in ["a", "b", "c"] {
            try directory.write(Self.text(SigningKey.random().verificationKey), to: "\(name).pub")
        }
        var keys = read()
        let a = try #require(keys.ring.keys.values.first { $0.id.description == "a" })
        try directory.write(Self.text(a.key, ", \"revoked\": true"), to: "a.pub")
        unlink(directory.path("b.pub"))
        try directory.write("{", to: "c.pub")
        keys.read()
        #expect(keys.ring.keys.keys.map(\.description).sorted() == ["a", "c"])
        #expect(keys.ring.keys[a.id]?.isRevoked == true && keys.mistakes.count == 1)
    }

    @Test func hostThatHadAKeyDemandsSignaturesForGood() throws {
        #expect(!read().ring.demandsSignatures)
        try directory.write(Self.text(), to: "a.pub")
        var keys = read()
        unlink(directory.path("a.pub"))
        keys.read()
        #expect(keys.ring.keys.isEmpty && keys.ring.demandsSignatures)
    }

    @Test func directoryThatIsGoneTakesTheKeysWithIt() throws {
        try directory.write(Self.text(), to: "a.pub")
        var keys = read()
        rename(directory.path, directory.path + ".away")
        keys.read()
        #expect(keys.ring.keys.isEmpty && keys.ring.demandsSignatures && keys.mistakes.count == 1)
        #expect(keys.files.isEmpty)
        rename(directory.path + ".away", directory.path)
        keys.read()
        #expect(keys.ring.keys.count == 1 && keys.mistakes.isEmpty)
    }

    @Test func directoryThatCannotBeReadKeepsTheKeys() throws {
        try directory.write(Self.text(), to: "a.pub")
        var keys = read()
        rename(directory.path, directory.path + ".away")
        // Something else has its name.
        let file = open(directory.path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        close(file)
        keys.read()
        #expect(keys.ring.keys.count == 1 && keys.mistakes.count == 1)
        unlink(directory.path)
        rename(directory.path + ".away", directory.path)
    }

    @Test func directoryThatWasNeverThereDemandsSignatures() {
        var nowhere = KeyDirectory(directory.path("nowhere"))
        nowhere.read()
        #expect(nowhere.ring.keys.isEmpty && nowhere.ring.demandsSignatures && nowhere.mistakes.count == 1)
    }

    @Test func keysAreReadUpToABound() throws {
        for index in 0...KeyDirectory.mostKeys { try directory.write("{}", to: "k\(index).pub") }
        let keys = read()
        #expect(keys.ring.keys.isEmpty && keys.mistakes.map(\.message) == ["holds 1001 keys; at most 1000 are read"])
    }
}
