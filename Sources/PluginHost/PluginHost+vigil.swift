import Logging
import MQTT
import PluginKit
import Synchronization

extension PluginHost {
    /// Tells the service manager how the agent is, and the log which loop stands still.
    func keepVigil() {
        let late = pulses.late()
        let outcome = state.withLock { $0.vigil.look(late: late, status: statusLine, now: clock.uptime) }
        for loop in outcome.stopped {
            logger.critical("a part of the agent does not go on", metadata: ["loop": "\(loop)"])
        }
        for loop in outcome.resumed {
            logger.notice("a part of the agent goes on again", metadata: ["loop": "\(loop)"])
        }
        for news in outcome.news { manager?.tell(news) }
    }

    /// The agent in a line.
    private var statusLine: String {
        let brokers = brokers.statistics
        let away = brokers.filter { !$0.statistics.isConnected }.map(\.name)
        let there = brokers.filter(\.statistics.isConnected).map(\.name)
        if away.isEmpty { return "connected to \(there.joined(separator: ", "))" }
        let missing = "waits for \(away.joined(separator: ", "))"
        return there.isEmpty ? missing : "connected to \(there.joined(separator: ", ")); \(missing)"
    }
}
