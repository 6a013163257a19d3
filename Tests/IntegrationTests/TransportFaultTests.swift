import Glibc
import JSON
import TestSupport
import Testing

/// What goes wrong between agent and broker is survived, said, and mended without a restart of the agent.
@Suite(.crowd)
struct TransportFaultTests {
    @Test("F-21: a certificate of ours that was renewed is taken at the next connection")
    func renewedCertificateIsTaken()
        async throws
    {
        let certificates = try TestCertificates()
        try certificates.issue("client", isExpired: true)
        let broker = try await BrokerFixture(
            .init(
                certificates: certificates, lines: ["cafile \(certificates.caFile)", "require_certificate true"]))
        let agent = try AgentFixture(
            port: broker.port,
            [
                "Secure": true, "CAFile": .string(certificates.caFile),
                "CertificateFile": .string(certificates.certificate("client")),
                "KeyFile": .string(certificates.key("client")),
            ])
        try agent.launch()
        try await eventually("it is turned away") { agent.log.contains("Connecting to the broker failed") }
        #expect(!broker.log.contains("Sending CONNACK to recoverd-agent-web01"))
        try certificates.issue("client")
        try await eventually("it is let in") { broker.log.contains("Sending SUBACK to recoverd-agent-web01") }
        agent.end()
    }

    @Test("F-22: credentials that are refused are tried again slowly, and the agent lives on")
    func refusedIsTriedAgain()
        async throws
    {
        let broker = try await BrokerFixture(.init(users: ["agent": "right", "x": "y"]))
        let directory = try TemporaryDirectory()
        let file = try directory.write("wrong", to: "password")
        let agent = try AgentFixture(port: broker.port, ["User": "agent", "PasswordFile": .string(file)])
        try agent.launch()
        try await eventually("it says so") { agent.log.contains("not-authorized") }
        let tries = broker.log.split(separator: "recoverd-agent-web01").count
        #expect(tries < 20)
        try directory.write("right", to: "password")
        agent.send(SIGHUP)
        try await eventually("it is let in: \(agent.log)") {
            broker.log.contains("Sending SUBACK to recoverd-agent-web01")
        }
        #expect(!agent.log.contains("right") && !agent.log.contains("wrong"))
        #expect(agent.end() == 0)
    }

    @Test("F-23: an agent that may not read is found by a ping, and hears again when it may") func deafAgentIsFound()
        async throws
    {
        let open = ["topic readwrite #"]
        let deaf = ["topic write #", "topic read test-result-topic", "topic read recovery/+/result"]
        let broker = try await BrokerFixture(.init(accessList: open))
        let agent = try await AgentFixture(broker)
        try await Sender.with(broker) { sender in
            #expect(try await sender.ask(1, "agent", "ping").code == 0)
            try broker.replaceAccessList(deaf)
            broker.reload()
            var id: Int64 = 100
            try await eventually("pings are not answered any more") {
                sender.send(.integer(id), "agent", "ping")
                usleep(500_000)
                id += 1
                return sender.answers(to: .integer(id - 1)).isEmpty
            }
            // It does not know: it is connected, and the broker granted all that it asked for.
            #expect(agent.status?["mqtt"]?.text.contains("\"connected\":true") == true)
            try broker.replaceAccessList(open)
            broker.reload()
            try await eventually("pings are answered again") {
                sender.send(.integer(id), "agent", "ping")
                usleep(200_000)
                id += 1
                return sender.answers.contains { $0.members["task_id"] == .integer(id - 1) }
            }
        }
        agent.end()
    }
}
