import CommandCatalog
import Glibc
import JSON
import Signatures
import TestSupport
import Testing

/// Keys that come into a directory and go.
struct KeyDirectoryChangeTests {
    private let directory: TemporaryDirectory
    private let secret = SigningKey.random()

    init() throws { directory = try TemporaryDirectory() }

    private var keys: String { directory.path("keys.d") }

    private func id(_ name: String) throws -> KeyID { try #require(KeyID(name)) }

    /// A file as its holder makes it, and its path.
    private func file(
        _ name: String, _ key: SigningKey? = nil, roles: [String] = [], isRevoked: Bool = false
    ) throws -> String {
        let path = directory.path("\(name).pub")
        unlink(path)
        let key = TrustedKey(
            id: try id(name), key: (key ?? secret).verificationKey, roles: roles, isRevoked: isRevoked)
        try key.write(to: path)
        return path
    }

    private func ring() -> KeyRing {
        var read = KeyDirectory(keys)
        read.read()
        #expect(read.mistakes.isEmpty)
        return read.ring
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test func trustedKeyIsThatOfItsHolder() throws {
        let source = try file("ops", roles: ["operator", "central"])
        #expect(try KeyDirectory.trust(source, as: id("ops"), in: keys).outcome == .added)
        let key = TrustedKey(id: try id("ops"), key: secret.verificationKey, roles: ["operator", "central"])
        #expect(ring().keys == [try id("ops"): key])
        // The agent need not be who trusts, whatever his umask.
        #expect(mode(keys) == 0o755)
        #expect(mode(keys + "/ops.pub") == 0o644)
        #expect(try ChildProgram.run("/bin/ls", "-A", keys) == "ops.pub\n")
        #expect(try ChildProgram.run("/bin/cat", source) == ChildProgram.run("/bin/cat", keys + "/ops.pub"))
    }

    @Test func sameKeyUnderItsNameMayGetOtherRoles() throws {
        try KeyDirectory.trust(file("ops"), as: id("ops"), in: keys)
        #expect(try KeyDirectory.trust(file("ops"), as: id("ops"), in: keys).outcome == .unchanged)
        #expect(try KeyDirectory.trust(file("ops", roles: ["a"]), as: id("ops"), in: keys).outcome == .replaced)
        #expect(ring().keys.values.map(\.roles) == [["a"]])
    }

    @Test func whatWouldBeNoGoodIsRefused() throws {
        try KeyDirectory.trust(file("ops"), as: id("ops"), in: keys)
        // A second name, another key under the name, the same key after its end.
        #expect(throws: KeyDirectory.ChangeError.self) {
            try KeyDirectory.trust(file("twin"), as: id("twin"), in: keys)
        }
        #expect(throws: KeyDirectory.ChangeError.self) {
            try KeyDirectory.trust(file("ops", .random()), as: id("ops"), in: keys)
        }
        #expect(try KeyDirectory.revoke(id("ops"), in: keys) == nil)
        #expect(throws: KeyDirectory.ChangeError.self) {
            try KeyDirectory.trust(file("ops"), as: id("ops"), in: keys)
        }
        #expect(ring().keys.values.map(\.isRevoked) == [true])
        #expect(try ChildProgram.run("/bin/ls", "-A", keys) == "ops.pub\n")
    }

    @Test func keyBeyondTheBoundIsRefused() throws {
        mkdir(keys, 0o755)
        for number in 0..<KeyDirectory.mostKeys {
            try directory.write("{\"key\": \"\(SigningKey.random().verificationKey)\"}", to: "keys.d/k\(number).pub")
        }
        let refusal = #expect(throws: KeyDirectory.ChangeError.self) {
            try KeyDirectory.trust(file("ops"), as: id("ops"), in: keys)
        }
        #expect(refusal == .refused("there are 1000 keys, which is the most"))
        #expect(ring().keys.count == KeyDirectory.mostKeys)
    }

    @Test func fileOfAKeySaysAllThatIsKnownOfIt() throws {
        let start = Timestamp(seconds: 1_800_000_000)
        let key = TrustedKey(
            id: try id("ops"), key: secret.verificationKey, roles: ["operator"], notBefore: start,
            notAfter: start + .seconds(60), isRevoked: true)
        try key.write(to: directory.path("ops.pub"))
        try KeyDirectory.trust(directory.path("ops.pub"), as: id("ops"), in: keys)
        #expect(ring().keys == [key.id: key])
    }

    @Test func brokenFileIsNeitherTrustedNorReplaced() throws {
        mkdir(keys, 0o755)
        let broken = try directory.write("{\"key\": \"\(secret.verificationKey)\", \"role\": []}", to: "broken.pub")
        #expect(throws: KeyDirectory.ChangeError.self) {
            try KeyDirectory.trust(broken, as: id("broken"), in: keys)
        }
        #expect(ring().keys.isEmpty)
        try directory.write("{", to: "keys.d/ops.pub")
        #expect(throws: KeyDirectory.ChangeError.self) {
            try KeyDirectory.trust(file("ops"), as: id("ops"), in: keys)
        }
        #expect(try directory.text(of: "keys.d/ops.pub") == "{")
    }

    @Test func revocationKeepsWhatElseStandsInTheFile() throws {
        mkdir(keys, 0o755)
        let text =
            "{\"// why\": \"é\", \"key\": \"\(secret.verificationKey)\", \"not_before\": \"2026-01-01T00:00:00Z\"}"
        try directory.write(text, to: "keys.d/ops.pub")
        let before = try #require(JSONText(Array(text.utf8)).value.object)
        #expect(try KeyDirectory.revoke(id("ops"), in: keys) == nil)
        var after = try #require(JSONText(Array(directory.text(of: "keys.d/ops.pub").utf8)).value.object)
        #expect(after["revoked"] == true)
        after["revoked"] = nil
        #expect(after == before)
        #expect(ring().keys.values.map(\.isRevoked) == [true])
        #expect(try KeyDirectory.revoke(id("ops"), in: keys) == nil)
    }

    /// An agent does not see that a file with a mistake revokes a key, so whoever revokes is told.
    @Test func revocationThatNobodyReadsIsNoSuccess() throws {
        mkdir(keys, 0o755)
        try directory.write("{\"key\": \"\(secret.verificationKey)\", \"role\": []}", to: "keys.d/ops.pub")
        #expect(try KeyDirectory.revoke(id("ops"), in: keys) != nil)
        try directory.write("[]", to: "keys.d/list.pub")
        #expect(throws: KeyDirectory.ChangeError.self) { try KeyDirectory.revoke(id("list"), in: keys) }
        #expect(throws: KeyDirectory.ChangeError.unknown) { try KeyDirectory.revoke(id("nobody"), in: keys) }
    }

    @Test func manyAtOnceTrustOneNameForOneKey() async throws {
        let files = try (0..<20).map { try file("k\($0)") }
        let added = try await withThrowingTaskGroup { group in
            for (number, file) in files.enumerated() {
                group.addTask {
                    guard let id = KeyID("k\(number)") else { return 0 }
                    return (try? KeyDirectory.trust(file, as: id, in: keys).outcome) == .added ? 1 : 0
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(added == 1)
        #expect(ring().keys.count == 1)
    }
}
