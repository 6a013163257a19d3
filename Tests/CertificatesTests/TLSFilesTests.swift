import Certificates
import Glibc
import TestSupport
import Testing

/// What can be wrong with the files of a connection, each with its message.
@Suite struct TLSFilesTests {
    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
        try authority.issue("web01")
    }

    private func file(_ name: String) throws -> PEMFile {
        PEMFile(path: name, bytes: Array(try authority.directory.text(of: name).utf8))
    }

    private func error(
        authorities: PEMFile? = nil, certificate: PEMFile? = nil, key: PEMFile? = nil, later: Int64 = 0
    ) -> String {
        let now = Int64(time(nil)) + later
        let error = #expect(throws: CertificateError.self) {
            _ = try TLSFiles(authorities: authorities, certificate: certificate, key: key, now: now)
        }
        return error?.description ?? ""
    }

    @Test func goodFilesAreTaken() throws {
        let files = try TLSFiles(
            authorities: file("ca.pem"), certificate: file("web01.pem"), key: file("web01.key"), now: Int64(time(nil)))
        #expect(files.authorities.map(\.subject) == ["CN=Test Authority"])
        #expect(files.chain.map(\.subject) == ["CN=web01"])
        let none = try TLSFiles(authorities: nil, certificate: nil, key: nil, now: 0)
        #expect(none.authorities.isEmpty && none.chain.isEmpty)
    }

    @Test func authoritiesThatAreNoneAreRefused() throws {
        let empty = PEMFile(path: "ca.pem", bytes: [])
        #expect(error(authorities: empty) == "CA file ca.pem is empty")
        let text = PEMFile(path: "ca.pem", bytes: Array("hello\n".utf8))
        #expect(
            error(authorities: text) == "CA file ca.pem holds no PEM certificate: no PEM certificate: no start line")
        let host = PEMFile(path: "ca.pem", bytes: try file("web01.pem").bytes)
        #expect(error(authorities: host) == "CA file ca.pem holds no CA: CN=web01 may not vouch for others")
        let broken = PEMFile(path: "ca.pem", bytes: try file("ca.pem").bytes.dropLast(60))
        #expect(error(authorities: broken).hasPrefix("CA file ca.pem holds no PEM certificate: "))
        let half = PEMFile(path: "ca.pem", bytes: try file("ca.pem").bytes + broken.bytes)
        #expect(error(authorities: half).contains("behind 1 good ones"))
    }

    @Test func authorityWhoseTimeIsOverIsRefusedUnlessAnotherIsThere() throws {
        let old = try file("ca.pem")
        #expect(
            error(authorities: old, later: 90_000)
                == "CA file ca.pem is out of date: the time of CN=Test Authority is over")
        try authority.renew(until: 200_000)
        let both = PEMFile(path: "ca.pem", bytes: old.bytes + (try file("ca.pem").bytes))
        let now = Int64(time(nil)) + 90_000
        #expect(try TLSFiles.authorities(of: both, now: now).count == 2)
    }

    @Test func pairThatIsNoneIsRefused() throws {
        try authority.issue("web02")
        let (certificate, key) = (try file("web01.pem"), try file("web01.key"))
        #expect(error(certificate: certificate) == "certificate web01.pem needs its private key")
        #expect(error(key: key) == "private key web01.key needs its certificate")
        #expect(
            error(certificate: certificate, key: try file("web02.key"))
                == "private key web02.key does not belong to certificate web01.pem")
        #expect(
            error(certificate: certificate, key: certificate).hasPrefix("key file web01.pem holds no PEM private key"))
        #expect(error(certificate: certificate, key: PEMFile(path: "k", bytes: [])) == "key file k is empty")
        #expect(
            error(certificate: key, key: key).hasPrefix("certificate file web01.key holds no usable PEM certificate"))
    }

    @Test func keyThatIsTooShortIsRefusedBeforeAConnectionIsMade() throws {
        let path = authority.directory.path
        try ChildProgram.run(
            "/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-days", "2", "-subj", "/CN=short",
            "-keyout", "\(path)/short.key", "-out", "\(path)/short.pem")
        let text = error(certificate: try file("short.pem"), key: try file("short.key"))
        #expect(text == "certificate file short.pem cannot be used: ee key too small")
    }

    @Test func fileThatCannotBeReadSaysSo() throws {
        let missing = #expect(throws: CertificateError.self) { _ = try PEMFile("/nowhere/ca.pem", what: "CA file") }
        #expect(missing?.description == "CA file /nowhere/ca.pem cannot be read: No such file or directory")
        let folder = #expect(throws: CertificateError.self) { _ = try PEMFile("/tmp", what: "CA file") }
        #expect(folder?.description == "CA file /tmp cannot be read: Is a directory")
        let endless = #expect(throws: CertificateError.self) { _ = try PEMFile("/dev/zero", what: "CA file") }
        #expect(endless?.description == "CA file /dev/zero has more than 1048576 bytes")
    }
}
