import Certificates
import CommandCatalog
import Glibc
import JSON
import MQTT
import TestSupport
import Testing

@testable import PluginHost

/// What the watch says of each change of the files.
@Suite struct TransportWatchTests {
    private let authority: TestAuthority
    private let options: TLSOptions

    init() throws {
        authority = try TestAuthority()
        try authority.issue("web01")
        options = TLSOptions(
            caFile: authority.caFile, certificateFile: authority.certificate("web01"), keyFile: authority.key("web01"))
    }

    private func looks(_ watch: inout TransportWatch, _ count: Int = 3) -> [TransportWatch.News] {
        (0..<count).map { _ in watch.look(now: .now) }
    }

    @Test func filesThatStayAsTheyAreAreNoNews() {
        var watch = TransportWatch(options, now: .now)
        #expect(looks(&watch) == [.nothing, .nothing, .nothing])
        #expect(watch.files?.chain.first?.subject == "CN=web01")
        #expect(watch.error == nil)
    }

    @Test func renewedPairIsTakenWhenItRests() throws {
        var watch = TransportWatch(options, now: .now)
        let before = watch.files
        try authority.issue("web01")
        #expect(looks(&watch) == [.nothing, .renewed, .nothing])
        #expect(watch.files != before)
    }

    @Test func writingTheSameAgainIsNoReasonToConnectAnew() throws {
        var watch = TransportWatch(options, now: .now)
        try authority.directory.write(try authority.directory.text(of: "web01.pem"), to: "web01.pem")
        #expect(looks(&watch) == [.nothing, .nothing, .nothing])
    }

    @Test func certificateWithoutItsKeyIsBrokenUntilTheKeyComes() throws {
        var watch = TransportWatch(options, now: .now)
        let (old, key) = (watch.files, try authority.directory.text(of: "web01.key"))
        try authority.issue("web01")
        let newKey = try authority.directory.text(of: "web01.key")
        try authority.directory.write(key, to: "web01.key")
        let message =
            "private key \(authority.key("web01")) does not belong to certificate \(authority.certificate("web01"))"
        #expect(looks(&watch) == [.nothing, .broken(message), .nothing])
        #expect(watch.files == old)
        #expect(watch.error == message)
        try authority.directory.write(newKey, to: "web01.key")
        #expect(looks(&watch) == [.nothing, .renewed, .nothing])
        #expect(watch.error == nil)
    }

    @Test func oldFilesThatComeBackAreMended() throws {
        var watch = TransportWatch(options, now: .now)
        let text = try authority.directory.text(of: "ca.pem")
        unlink(authority.caFile)
        let missing = "CA file \(authority.caFile): cannot be opened: No such file or directory"
        #expect(looks(&watch) == [.nothing, .broken(missing), .nothing])
        try authority.directory.write(text, to: "ca.pem")
        #expect(looks(&watch) == [.nothing, .mended, .nothing])
    }

    /// What may not be done to a file of TLS, and what is said of it.
    enum Harm: String, CaseIterable {
        case emptied, broken, noAuthority, over, openToWriters, keyForEverybody, link
    }

    @Test(arguments: Harm.allCases)
    func badFilesAreNotTaken(harm: Harm) throws {
        var watch = TransportWatch(options, now: .now)
        let (ca, key, directory) = (authority.caFile, authority.key("web01"), authority.directory)
        let expected: String
        switch harm {
        case .emptied:
            try directory.write("", to: "ca.pem")
            expected = "CA file \(ca) is empty"
        case .broken:
            try directory.write("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", to: "ca.pem")
            expected = "CA file \(ca) holds no PEM certificate: no PEM certificate: "
        case .noAuthority:
            try directory.write(try directory.text(of: "web01.pem"), to: "ca.pem")
            expected = "CA file \(ca) holds no CA: CN=web01 may not vouch for others"
        case .over:
            try authority.renew(from: -7200, until: -3600)
            expected = "CA file \(ca) is out of date: the time of CN=Test Authority is over"
        case .openToWriters:
            chmod(ca, 0o666)
            expected = "CA file \(ca): may be written by group or others; use: chmod go-w"
        case .keyForEverybody:
            chmod(key, 0o644)
            expected = "key file \(key): everybody may read it; use: chmod o-r"
        case .link:
            rename(ca, directory.path("real.pem"))
            symlink(directory.path("real.pem"), ca)
            expected = "CA file \(ca): is a symbolic link; name the file that it leads to"
        }
        let news = looks(&watch)
        guard case .broken(let message) = news[1] else {
            Issue.record("\(news)")
            return
        }
        #expect(message.hasPrefix(expected), "\(message)")
        #expect(news[0] == .nothing && news[2] == .nothing)
    }

    @Test func statusTellsCertificateAuthorityAndTrouble() throws {
        let transport = Transport()
        #expect(transport.status(now: .now) == nil)
        try authority.issue("web01", until: 10 * 86_400 + 60)
        try authority.renew(until: 86_400 / 2)
        transport.use(options, now: .now)
        let status = transport.status(now: .now)
        #expect(status?["subject"] == "CN=web01")
        #expect(status?["days"] == 10)
        #expect(status?["authority"]?.object?["subject"] == "CN=Test Authority")
        #expect(status?["authority"]?.object?["days"] == 0)
        #expect(status?["error"] == nil)
        #expect(transport.status(now: .now + .seconds(11 * 86_400))?["days"] == -1)
        try authority.issue("web01", until: 253_402_300_799 - Int64(time(nil)))
        for _ in 0..<3 { _ = transport.look(now: .now) }
        #expect(transport.status(now: .now)?["not_after"] == "9999-12-31T23:59:59Z")
        try authority.directory.write("", to: "ca.pem")
        for _ in 0..<3 { _ = transport.look(now: .now) }
        #expect(transport.status(now: .now)?["error"]?.string?.contains("is empty") == true)
        transport.use(nil, now: .now)
        #expect(transport.status(now: .now) == nil)
    }
}
