import Certificates
import CommandCatalog
import JSON
import MQTT
import Synchronization

/// The certificates that the agent connects with: watched, and told how long they are good.
final class Transport: Sendable {
    private struct State {
        var watch: TransportWatch?
        var warnings = ExpiryWarnings()
    }

    private let state = Mutex(State())

    /// Watches these files from now on; `nil`: there is no TLS.
    func use(_ options: TLSOptions?, now: Timestamp) {
        state.withLock { state in
            guard let options else { return state.watch = nil }
            // What is watched already must not be taken for news that were told.
            if state.watch?.isOf(options) != true { state.watch = TransportWatch(options, now: now) }
        }
    }

    /// Looks at the files, and at the time.
    func look(now: Timestamp) -> (files: TransportWatch.News, expiry: [ExpiryNews]) {
        state.withLock { state in
            let news = state.watch?.look(now: now) ?? .nothing
            guard let files = state.watch?.files else { return (news, []) }
            return (news, state.warnings.news(of: files, now: now))
        }
    }

    /// What connections are made with; `nil` without TLS, or when the files never were good.
    var files: TLSFiles? { state.withLock { $0.watch?.files } }

    /// What the status says; `nil` when there is nothing to say.
    func status(now: Timestamp) -> JSONObject? {
        let (files, error) = state.withLock { ($0.watch?.files, $0.watch?.error) }
        var status = files?.status(.client, now: now) ?? [:]
        status["authority"] = files?.status(.authority, now: now).map(JSONValue.object)
        status["error"] = error.map(JSONValue.string)
        return status.members.isEmpty ? nil : status
    }
}

extension TLSFiles {
    fileprivate func status(_ role: CertificateRole, now: Timestamp) -> JSONObject? {
        guard let certificate = certificate(role), let left = secondsLeft(role, now: now) else { return nil }
        return [
            "subject": .string(certificate.subject),
            "not_after": .string(certificate.end),
            // Downwards, so that the last day is day 0 and a certificate whose time is over has less than none.
            "days": .integer((left >= 0 ? left : left - 86_399) / 86_400),
        ]
    }
}
