import Certificates
import CommandCatalog
import Logging
import PluginKit
import Synchronization

extension PluginHost {
    /// Once a second: connects anew with renewed certificates, and tells how long they are good.
    func watchTransport() {
        let (news, expiry) = transport.look(now: clock.now)
        switch news {
        case .nothing: break
        case .mended: logger.notice("the files of TLS are again those of the connections")
        case .renewed:
            logger.notice("certificates were renewed; connecting anew with them")
            brokers.renew()
        case .broken(let error):
            logger.error(
                "the new files of TLS have a mistake; the connections stay, but a new one cannot be made",
                metadata: ["tls.error": "\(error)"])
        }
        for news in expiry { tell(news) }
    }

    private func tell(_ news: ExpiryNews) {
        let metadata: Logger.Metadata = [
            "certificate.subject": "\(news.certificate.subject)", "certificate.role": "\(news.role.rawValue)",
            "certificate.end": "\(news.certificate.end)",
        ]
        switch news.kind {
        case .within(let days):
            logger.warning("a certificate ends within \(days == 1 ? "a day" : "\(days) days")", metadata: metadata)
        case .over: logger.error("the time of a certificate is over; the broker may refuse it", metadata: metadata)
        case .renewed: logger.notice("a certificate that was about to end was renewed", metadata: metadata)
        }
        switchboard.dispatch(notification(of: news))
    }

    private func notification(of news: ExpiryNews) -> PluginKit.Notification {
        let end = news.certificate.end
        let (severity, text): (PluginKit.Notification.Severity, String) =
            switch news.kind {
            case .within: (.warning, "ends at \(end)")
            case .over: (.failure, "ended at \(end)")
            case .renewed: (.okay, "was renewed until \(end)")
            }
        return Notification(
            severity: severity, time: clock.now,
            message: "the certificate of \(news.certificate.subject) \(text)",
            identity: MetricIdentity(
                host: state.withLock(\.information).identity.description, plugin: SelfMetrics.plugin,
                pluginInstance: SelfMetrics.certificate, type: "duration", typeInstance: news.role.rawValue)
        )
    }
}
