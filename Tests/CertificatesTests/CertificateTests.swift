import Certificates
import TestSupport
import Testing

/// Certificates that are made are those that are read, by us and by openssl.
@Suite struct CertificateTests {
    private let key: PrivateKey
    private let authority: Authority

    init() throws {
        key = try PrivateKey.random()
        authority = try Authority(named: "Fleet CA", key: key, notBefore: 1_700_000_000, notAfter: 1_800_000_000)
    }

    private func certificate(
        _ name: String, _ names: [String] = [], usage: CertificateProfile.Usage = .client,
        until end: Int64 = 1_750_000_000
    ) throws -> (Certificate, PrivateKey) {
        let holder = try PrivateKey.random()
        let profile = CertificateProfile(
            commonName: name, alternativeNames: names, usage: usage, notBefore: 1_700_000_000, notAfter: end)
        return (try authority.certificate(profile, for: holder), holder)
    }

    @Test func whatIsWrittenIsRead() throws {
        let (made, holder) = try certificate("web01", ["web01"])
        let read = try Certificate.all(inPEM: Array(try made.pem.utf8))
        #expect(read == [made])
        #expect(made.subject == "CN=web01")
        #expect(made.issuer == "CN=Fleet CA")
        #expect(made.notBefore == 1_700_000_000)
        #expect(made.notAfter == 1_750_000_000)
        #expect(!made.isAuthority)
        #expect(authority.certificate.isAuthority)
        #expect(try holder.belongs(to: made))
        #expect(try !key.belongs(to: made))
        let again = try PrivateKey(pem: Array(try holder.pem.utf8))
        #expect(try again.belongs(to: made))
    }

    @Test func severalCertificatesOfAFileAreReadInTheirOrder() throws {
        let (one, _) = try certificate("one")
        let (two, _) = try certificate("two")
        let text = "a word before\n\(try one.pem)and between\n\(try key.pem)\(try two.pem)and behind\n"
        #expect(try Certificate.all(inPEM: Array(text.utf8)) == [one, two])
    }

    @Test(arguments: [
        (CertificateProfile.Usage.client, "sslclient", true), (.client, "sslserver", false),
        (.server, "sslserver", true), (.server, "sslclient", false),
    ])
    func opensslAgrees(usage: CertificateProfile.Usage, purpose: String, isGood: Bool) throws {
        let directory = try TemporaryDirectory()
        let (made, _) = try certificate("web01", ["web01", "10.0.0.1", "::1"], usage: usage)
        let file = try directory.write(try made.pem, to: "web01.pem")
        let ca = try directory.write(try authority.certificate.pem, to: "ca.pem")
        let words = [
            "/usr/bin/openssl", "verify", "-x509_strict", "-attime", "1720000000", "-purpose", purpose, "-CAfile", ca,
            file,
        ]
        if isGood {
            try ChildProgram.run(words)
        } else {
            #expect(throws: (any Error).self) { try ChildProgram.run(words) }
        }
        let text = try ChildProgram.run("/usr/bin/openssl", "x509", "-noout", "-text", "-in", file)
        #expect(text.contains("DNS:web01, IP Address:10.0.0.1, IP Address:0:0:0:0:0:0:0:1"))
        #expect(text.contains("ASN1 OID: prime256v1"))
        #expect(text.contains("CA:FALSE"))
    }

    @Test(arguments: [
        ["genpkey", "-algorithm", "ed25519"], ["genrsa", "2048"], ["ecparam", "-genkey", "-name", "secp384r1"],
    ])
    func authoritiesOfOtherKindsSign(words: [String]) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("ca.key")
        try ChildProgram.run(["/usr/bin/openssl"] + words.prefix(1) + ["-out", path] + words.dropFirst())
        let key = try PrivateKey(pem: Array(try directory.text(of: "ca.key").utf8))
        let authority = try Authority(named: "Other", key: key, notBefore: 1_700_000_000, notAfter: 1_800_000_000)
        let profile = CertificateProfile(
            commonName: "web01", usage: .client, notBefore: 1_700_000_000, notAfter: 1_800_000_000)
        let made = try authority.certificate(profile, for: try PrivateKey.random())
        let ca = try directory.write(try authority.certificate.pem, to: "ca.pem")
        let file = try directory.write(try made.pem, to: "web01.pem")
        try ChildProgram.run("/usr/bin/openssl", "verify", "-attime", "1720000000", "-CAfile", ca, file)
    }

    @Test func serialNumbersDiffer() throws {
        let made = try (1...20).map { _ in try certificate("web01").0 }
        #expect(Set(made.map(\.der)).count == 20)
    }

    @Test(arguments: ["", String(repeating: "x", count: 65)])
    func nameThatIsNoneIsRefused(name: String) throws {
        let error = #expect(throws: CertificateError.self) { _ = try certificate(name) }
        #expect(error?.description.hasPrefix("\(name.debugDescription) is no name for a certificate") == true)
    }

    @Test(arguments: ["", "a,DNS:b", "a b", "a\n", "ä", "dirName:x/y"])
    func alternativeNameCannotBecomeTwo(name: String) throws {
        #expect(throws: CertificateError.self) { _ = try certificate("web01", [name]) }
    }

    @Test func whoIsNoAuthorityCannotSign() throws {
        let (made, holder) = try certificate("web01")
        let refused = #expect(throws: CertificateError.self) { _ = try Authority(made, key: holder) }
        #expect(refused?.description == "CN=web01 is no CA, and cannot sign certificates")
        let strange = #expect(throws: CertificateError.self) { _ = try Authority(authority.certificate, key: holder) }
        #expect(strange?.description == "the key is not that of CN=Fleet CA")
    }

    @Test func nameInAStrangeAlphabetIsShownWithoutItsBytes() throws {
        let (made, _) = try certificate("a\u{1B}[2Jé,b")
        #expect(made.subject == #"CN=a\1B[2J\C3\A9\,b"#)
    }

    @Test func keyIsNotShown() throws {
        #expect("\(key)" == "a private key")
        #expect(Mirror(reflecting: key).children.isEmpty)
    }

    /// Whatever is done to the texts, it is read or refused.
    @Test func damagedTextsAreReadOrRefused() throws {
        var generator = SeededGenerator(seed: 13)
        let (made, holder) = try certificate("web01", ["web01"])
        let good = Array(try (made.pem + authority.certificate.pem + holder.pem).utf8)
        for _ in 0..<2_000 {
            var text = good
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: 0..<text.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: text[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                case 1: text.remove(at: place)
                case 2: text.removeLast(text.count - place)
                default: text.insert(contentsOf: good.dropFirst(place).prefix(80), at: place)
                }
                if text.isEmpty { break }
            }
            let certificates = (try? Certificate.all(inPEM: text)) ?? []
            _ = try? PrivateKey(pem: text).belongs(to: made)
            for certificate in certificates {
                #expect(try Certificate.all(inPEM: Array(certificate.pem.utf8)) == [certificate])
            }
        }
    }
}
