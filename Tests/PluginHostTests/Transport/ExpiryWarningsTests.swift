import Certificates
import CommandCatalog
import TestSupport
import Testing

@testable import PluginHost

/// Warnings come once at each step, whatever the clock does.
@Suite struct ExpiryWarningsTests {
    private static let end: Int64 = 1_800_000_000

    private let authority: Authority

    init() throws {
        authority = try Authority(
            named: "CA", key: try PrivateKey.random(), notBefore: 0, notAfter: Self.end + 1000 * 86_400)
    }

    private func files(until ends: Int64..., authorities: [Certificate]? = nil) throws -> TLSFiles {
        let key = try PrivateKey.random()
        let texts = try ends.enumerated().map { index, end in
            let profile = CertificateProfile(
                commonName: "web0\(index + 1)", usage: .client, notBefore: 0, notAfter: end)
            return try authority.certificate(profile, for: key).pem
        }
        let trusted = try (authorities ?? [authority.certificate]).map { try $0.pem }.joined()
        return try TLSFiles(
            authorities: PEMFile(path: "ca", bytes: Array(trusted.utf8)),
            certificate: texts.isEmpty ? nil : PEMFile(path: "c", bytes: Array(texts.joined().utf8)),
            key: texts.isEmpty ? nil : PEMFile(path: "k", bytes: Array(try key.pem.utf8)), now: 0)
    }

    private static func kinds(_ warnings: inout ExpiryWarnings, _ files: TLSFiles, left: Int64...) -> [ExpiryNews.Kind?]
    {
        left.map { left in
            warnings.news(of: files, now: Timestamp(seconds: end - left)).first { $0.role == .client }?.kind
        }
    }

    private static let day: Int64 = 86_400

    @Test func eachStepIsToldOnce() throws {
        let files = try files(until: Self.end)
        var (warnings, told) = (ExpiryWarnings(), [ExpiryNews.Kind]())
        for left in stride(from: 40 * Self.day, through: -3 * Self.day, by: -1800) {
            told += Self.kinds(&warnings, files, left: left).compactMap { $0 }
        }
        #expect(told == [.within(days: 30), .within(days: 7), .within(days: 1), .over])
    }

    @Test func boundariesAreWhereTheyAreSaid() throws {
        let files = try files(until: Self.end)
        for (days, kind) in [
            (30, ExpiryNews.Kind.within(days: 30)), (7, .within(days: 7)), (1, .within(days: 1)), (0, .over),
        ] {
            var warnings = ExpiryWarnings()
            let limit = Int64(days) * Self.day
            _ = Self.kinds(&warnings, files, left: limit + 1)
            #expect(Self.kinds(&warnings, files, left: limit, limit, limit - 1) == [kind, nil, nil])
        }
    }

    @Test func whatIsNearAtTheStartIsToldAtOnceAndOnlyTheNearest() throws {
        var warnings = ExpiryWarnings()
        #expect(
            Self.kinds(&warnings, try files(until: Self.end), left: 5 * Self.day, 5 * Self.day) == [
                .within(days: 7), nil,
            ])
    }

    @Test func clockThatIsSetBackALittleTellsNothingTwice() throws {
        var warnings = ExpiryWarnings()
        let step = 7 * Self.day
        let told = Self.kinds(
            &warnings, try files(until: Self.end), left: step, step + 10, step - 10, step + 3600, step, step + 3601,
            step)
        #expect(told == [.within(days: 7), nil, nil, nil, nil, nil, .within(days: 7)])
    }

    @Test func clockThatWasFarAheadLosesNoWarning() throws {
        var warnings = ExpiryWarnings()
        let told = Self.kinds(
            &warnings, try files(until: Self.end), left: -3000 * Self.day, 60 * Self.day, 30 * Self.day)
        #expect(told == [.over, nil, .within(days: 30)])
    }

    @Test func renewalEndsTheWarnings() throws {
        var warnings = ExpiryWarnings()
        let (old, new) = (try files(until: Self.end), try files(until: Self.end + 365 * Self.day))
        #expect(Self.kinds(&warnings, old, left: 86_400) == [.within(days: 1)])
        #expect(Self.kinds(&warnings, new, left: 86_400, 86_400) == [.renewed, nil])
        let short = try files(until: Self.end + Self.day)
        #expect(Self.kinds(&warnings, short, left: 0) == [.within(days: 1)])
    }

    @Test func firstOfTheChainAndLastOfTheAuthoritiesDecide() throws {
        let other = try Authority(named: "Old CA", key: try PrivateKey.random(), notBefore: 0, notAfter: Self.end - 5)
        let both = try files(until: Self.end, Self.end - 100, authorities: [other.certificate, authority.certificate])
        #expect(both.certificate(.client)?.subject == "CN=web02")
        #expect(both.certificate(.authority)?.subject == "CN=CA")
        #expect(both.secondsLeft(.client, now: Timestamp(seconds: Self.end)) == -100)
        #expect(try files().certificate(.client) == nil)
    }
}
