import AgentControl
import ArgumentParser
import CommandCatalog

/// `recoverctl metrics`: what one agent measures, for Prometheus.
struct Metrics: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints what an agent measures, in Prometheus' text form.",
        discussion: "\"MetricsFile\" in the main file has the agent write the same for node_exporter.")

    @OptionGroup var agent: AgentFlags

    func run() throws {
        let reply = try agent.door().ask("metrics")
        guard reply.code == .success else {
            throw Failure(.refused, "the agent refused (\(reply.code)): \(reply.message)")
        }
        Output.print(plain: reply.message)
    }
}
