import ConfigurationReader
import Glibc
import Signatures
import TestSupport
import Testing

/// Keys are read and written as `openssl` does.
struct KeyTextTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func keysComeBackAsTheyWereWritten() throws {
        let key = SigningKey.random()
        #expect(SigningKey(pem: key.pem)?.verificationKey == key.verificationKey)
        #expect(VerificationKey(key.verificationKey.description) == key.verificationKey)
        #expect(VerificationKey(pem: key.verificationKey.pem) == key.verificationKey)
        #expect(key.verificationKey != SigningKey.random().verificationKey)
        #expect(SigningKey(seed: [1, 2, 3]) == nil)
        // The other half, and the halves of a key of another kind.
        let other = try ChildProgram.run("/usr/bin/openssl", "genpkey", "-algorithm", "x25519")
        try directory.write(other, to: "other.pem")
        let otherPublic = try ChildProgram.run(
            "/usr/bin/openssl", "pkey", "-pubout", "-in", directory.path("other.pem"))
        for text in [key.verificationKey.pem, other] { #expect(SigningKey(pem: text) == nil) }
        for text in [key.pem, otherPublic] { #expect(VerificationKey(pem: text) == nil) }
    }

    @Test func nobodyPrintsThePrivateHalf() throws {
        let key = SigningKey.random()
        let seed = try #require(key.pem.split(separator: "\n").dropFirst().first).suffix(43)
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] {
            #expect(!text.contains(seed) && text.contains(key.verificationKey.description))
        }
    }

    @Test func opensslReadsOursAndWritesWhatWeRead() throws {
        let ours = SigningKey.random()
        try ours.write(to: directory.path("ours.pem"))
        let shown = try ChildProgram.run("/usr/bin/openssl", "pkey", "-in", directory.path("ours.pem"), "-pubout")
        #expect(VerificationKey(pem: shown) == ours.verificationKey)
        let made = directory.path("made.pem")
        _ = try ChildProgram.run("/usr/bin/openssl", "genpkey", "-algorithm", "ed25519", "-out", made)
        let theirs = try SigningKey(file: made)
        try directory.write([1, 2, 3], to: "message")
        try directory.write(theirs.signature(of: [1, 2, 3]), to: "signature")
        let verified = try ChildProgram.run(
            "/usr/bin/openssl", "pkeyutl", "-verify", "-inkey", made, "-rawin", "-in", directory.path("message"),
            "-sigfile", directory.path("signature"))
        #expect(verified.contains("Verified Successfully"))
    }

    @Test func keyFilesAreNeverOverwritten() throws {
        let path = directory.path("key.pem")
        let first = SigningKey.random()
        try first.write(to: path)
        let error = #expect(throws: ConfigurationProblem.self) { try SigningKey.random().write(to: path) }
        #expect(error?.message == "is there already; it is not overwritten")
        #expect(try SigningKey(file: path).verificationKey == first.verificationKey)
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test(arguments: [0o604, 0o620, 0o602, 0o666] as [UInt32])
    func keyFilesThatOthersReachAreRefused(mode: UInt32) throws {
        let path = try directory.write(SigningKey.random().pem, to: "key.pem", mode: mode)
        #expect(throws: ConfigurationProblem.self) { try SigningKey(file: path) }
    }

    @Test func whatIsNoKeyFileIsRefused() throws {
        let pem = SigningKey.random().pem
        let rsa = try ChildProgram.run("/usr/bin/openssl", "genpkey", "-algorithm", "rsa")
        let locked = try ChildProgram.run(
            "/usr/bin/openssl", "genpkey", "-algorithm", "ed25519", "-aes256", "-pass", "pass:x")
        let texts = [
            "", "\n", String(pem.dropLast(30)), pem + pem, "x\n" + pem, SigningKey.random().verificationKey.pem, rsa,
            locked, pem.filter { $0 != "=" } + "=", String(repeating: "a", count: 5000),
        ]
        for text in texts {
            let path = try directory.write(text, to: "key.pem")
            let error = #expect(throws: ConfigurationProblem.self, "\(text)") { try SigningKey(file: path) }
            #expect(error?.message.contains("expected one private key of Ed25519") == true)
            #expect(error?.message.contains("password") == (text == locked))
        }
        let crlf = try directory.write(pem.split(separator: "\n").joined(separator: "\r\n"), to: "crlf.pem")
        #expect(throws: Never.self) { try SigningKey(file: crlf) }
    }
}
