import ConfigurationReader
import Logging
import PluginKit

/// Asks for readings when they are due.
struct ReadLoop: Sendable {
    private let instance: PluginInstance

    init(_ instance: PluginInstance) {
        self.instance = instance
    }

    /// Asks until it is cancelled.
    func run() async {
        guard instance.roles.reader != nil else { return }
        let clock = instance.context.clock
        var schedule = ReadSchedule(interval: instance.context.interval, now: clock.uptime)
        while (try? await clock.sleep(until: schedule.due)) != nil, !Task.isCancelled {
            let started = clock.uptime
            let outcome = await withCheckedContinuation { instance.mailbox.put(.read(ReadRequest(finished: $0))) }
            guard outcome != .abandoned else { return }
            let remark = schedule.finish(hasSucceeded: outcome == .succeeded, started: started, now: clock.uptime)
            if let remark { say(remark) }
        }
    }

    private func say(_ remark: ReadSchedule.Remark) {
        let logger = instance.context.logger
        switch remark {
        case .failed(let wait):
            logger.warning("reading failed; it is tried again later", metadata: ["in": "\(DurationText(wait))"])
        case .recovered(let failures):
            logger.notice("reading works again", metadata: ["failures": "\(failures)"])
        case .slow(let duration):
            logger.warning(
                "reading took longer than its interval; readings are left out",
                metadata: ["took": "\(duration)", "interval": "\(DurationText(instance.context.interval))"]
            )
        }
    }
}
