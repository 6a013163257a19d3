import ConfigurationReader
import Glibc
import Logging
import PluginKit
import UnixSignals

/// The wait of an agent that was installed and not configured yet: it listens nowhere, and says what is missing.
struct AwaitedConfiguration: Sendable {
    let file: String
    let manager: ServiceManager?
    let logger: Logger
    let load: @Sendable () throws(ConfigurationError) -> AgentConfiguration

    /// Between two looks.
    private static let interval = Duration.seconds(1)

    /// Waits for the file to be there and without mistakes.
    ///
    /// - Returns: `nil` where it was told to end.
    func wait() async -> AgentConfiguration? {
        logger.warning(
            "not configured: the main file is missing; the agent listens nowhere and waits for it",
            metadata: [
                "file": "\(file)", "next": "recoverctl doctor, or: recoverd-agent sample remote-executor > \(file)",
            ])
        manager?.tell(.ready)
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        return await withTaskGroup(of: AgentConfiguration?.self) { group in
            group.addTask {
                // A configuration is looked for all the time.
                for await signal in signals where signal != .sighup { return nil }
                return nil
            }
            group.addTask { await look() }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    private func look() async -> AgentConfiguration? {
        var mistakes: [ConfigurationProblem] = []
        var vigil = Vigil(patience: manager?.patience)
        let clock = SystemClock()
        while !Task.isCancelled {
            if access(file, F_OK) == 0 {
                do throws(ConfigurationError) {
                    return try load()
                } catch {
                    if error.mistakes != mistakes { report(error) }
                    mistakes = error.mistakes
                }
            }
            let status = mistakes.isEmpty ? "waits for \(file)" : "waits for \(file) without mistakes"
            for news in vigil.look(late: [], status: "not configured: \(status)", now: clock.uptime).news {
                manager?.tell(news)
            }
            try? await clock.sleep(for: Self.interval)
        }
        return nil
    }

    private func report(_ error: ConfigurationError) {
        for mistake in error.mistakes {
            logger.error(
                "not configured: the main file has a mistake", metadata: ["configuration.mistake": "\(mistake)"])
        }
    }
}
