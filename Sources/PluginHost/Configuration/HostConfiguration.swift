import CommandCatalog
import ConfigurationReader
import MQTT
import PluginKit

/// What the main file says to the host itself.
struct HostConfiguration: Sendable {
    let identity: HostIdentity
    /// The host's own topics; `nil` when they are switched off.
    let topics: HostTopics?
    /// How to connect, broker by broker.
    let brokers: [MQTTOptions]
    let log: LogSettings
    /// Where the metrics are written to, in Prometheus' text form; `nil`: nowhere.
    let metricsFile: String?

    /// The files of TLS, which are the same for all brokers; `nil` where none is reached by TLS.
    var tls: TLSOptions? { brokers.first { $0.address.isTLS }?.tls }

    /// Reads the main file's keys; `nil` when one is wrong, which has been reported.
    ///
    /// - `Hostname`: what the host is called in topics; default the system's short host name.
    /// - `Root`: what the host's own topics begin with; default `recovery`; `""` switches them off.
    /// - `LogLevel`, `LogDevice`: see ``LogSettings``.
    /// - `MetricsFile`: an absolute path, `%h` is the host; default none.
    /// - The broker's keys: see ``BrokerSection``.
    /// - `LocalMonitorConfigDir`, `MonitorConfigPath`: the predecessor's; without effect.
    init?(_ section: ConfigurationSection, identity: HostIdentity, isWorldReadable: Bool) {
        for key in ["LocalMonitorConfigDir", "MonitorConfigPath"] where section.contains(key) {
            section.warning("has no effect here; remove it", at: key)
        }
        // The remote executor's, which a program without it reads past.
        section.allow("CommandTopic", "CommandResultTopic", "QoS", "Services")
        log = LogSettings(section)
        metricsFile = section.value("MetricsFile", .path(on: identity))
        section.warnWhereNoFileCanBe(metricsFile, at: "MetricsFile")
        let ownTopics = HostTopics(root: HostTopics.defaultRoot, host: identity)
        topics = section.value("Root", .ownTopics(of: identity), default: ownTopics)
        let broker = BrokerSection(section, identity: identity)
        guard let options = broker.options(isWorldReadable: isWorldReadable) else { return nil }
        let farewell = topics.map(Presence.farewell)
        brokers = options.map { options in
            var options = options
            options.lastWill = farewell
            return options
        }
        self.identity = identity
    }

    /// What the host is called.
    ///
    /// Where neither the file nor the system gives a usable name, which is reported, the
    /// reading goes on with a stand-in, so that the other mistakes are found.
    static func identity(_ section: ConfigurationSection) -> HostIdentity {
        let form = "a name of letters, digits, \"_\" and \"-\" that begins with a letter or digit, at most 128"
        let given = section.value("Hostname", .parsed(form) { HostIdentity($0) })
        if let identity = given ?? HostIdentity(HostIdentity.systemName) { return identity }
        if !section.contains("Hostname") {
            let name = HostIdentity.systemName.debugDescription
            section.mistake("the system calls this host \(name), which is not \(form); set \"Hostname\"")
        }
        guard let standIn = HostIdentity("host") else { preconditionFailure("the stand-in is not of the form") }
        return standIn
    }
}
