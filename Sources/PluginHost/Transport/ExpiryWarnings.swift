import Certificates
import CommandCatalog

/// Which of the two certificates of a connection.
enum CertificateRole: String, CaseIterable, Sendable {
    /// Our own.
    case client
    /// That of those who vouch for the broker.
    case authority
}

/// What there is to say about the end of a certificate.
struct ExpiryNews: Equatable {
    /// How near it is.
    enum Kind: Equatable {
        /// It is good for so many days at most.
        case within(days: Int)
        case over
        /// It was renewed, and those before it were warned of.
        case renewed
    }

    let role: CertificateRole
    let kind: Kind
    let certificate: Certificate
}

/// When to warn of the end of certificates: once 30, 7 and 1 days before, and when their time is over.
struct ExpiryWarnings: Sendable {
    private struct Told: Sendable {
        var certificate: Certificate
        /// How many of the steps were told.
        var steps: Int
    }

    /// Seconds that are left at each step.
    private static let steps: [Int64] = [30 * day, 7 * day, day, 0]
    private static let day: Int64 = 86_400
    /// A clock that is set back a little must not tell a step twice.
    private static let slack: Int64 = 3600

    private var told: [CertificateRole: Told] = [:]

    /// What is news about the files now; from then on it is told.
    mutating func news(of files: TLSFiles, now: Timestamp) -> [ExpiryNews] {
        CertificateRole.allCases.compactMap { role in
            guard let certificate = files.certificate(role) else {
                told[role] = nil
                return nil
            }
            return kind(role, certificate, left: files.secondsLeft(role, now: now) ?? 0)
                .map { ExpiryNews(role: role, kind: $0, certificate: certificate) }
        }
    }

    private mutating func kind(_ role: CertificateRole, _ certificate: Certificate, left: Int64) -> ExpiryNews.Kind? {
        let steps = Self.steps.count { left <= $0 }
        let before = told[role]
        told[role] = Told(certificate: certificate, steps: steps)
        guard let before else { return Self.kind(of: steps) }
        guard before.certificate == certificate else {
            return steps == 0 && before.steps > 0 ? .renewed : Self.kind(of: steps)
        }
        if steps > before.steps { return Self.kind(of: steps) }
        if steps < before.steps, left <= Self.steps[before.steps - 1] + Self.slack { told[role]?.steps = before.steps }
        return nil
    }

    private static func kind(of count: Int) -> ExpiryNews.Kind? {
        switch count {
        case 0: nil
        case steps.count: .over
        default: .within(days: Int(steps[count - 1] / day))
        }
    }
}

extension TLSFiles {
    /// The certificate that decides how long the files are good: the first to end of our own chain, the last of the
    /// authorities.
    func certificate(_ role: CertificateRole) -> Certificate? {
        switch role {
        case .client: chain.min { $0.notAfter < $1.notAfter }
        case .authority: authorities.max { $0.notAfter < $1.notAfter }
        }
    }

    /// How long it is good; negative when its time is over.
    func secondsLeft(_ role: CertificateRole, now: Timestamp) -> Int64? {
        certificate(role).map { $0.notAfter - Int64(now.seconds) }
    }
}
