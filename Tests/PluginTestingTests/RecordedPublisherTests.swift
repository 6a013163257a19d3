import PluginKit
import PluginTesting
import TestSupport
import Testing

/// What senders are told by the stand-in of the brokers.
@Suite struct RecordedPublisherTests {
    private let publisher = RecordedPublisher()
    private let told = Collected<String>()

    private func publish(_ topic: String) {
        publisher.publish(MQTTMessage(topic: topic, payload: [])) { [told] in told.append("\(topic) \($0)") }
    }

    @Test func everythingArrivesAtOnce() {
        publish("a")
        publisher.publish(MQTTMessage(topic: "b", payload: []))
        #expect(told.all == ["a true"])
        #expect(publisher.published.map(\.topic) == ["a", "b"])
    }

    @Test func aTestDecidesWhatArrivesAndWhen() {
        publisher.answer = nil
        for topic in ["a", "b", "c"] { publish(topic) }
        publisher.publish(MQTTMessage(topic: "d", payload: []))
        #expect(told.count == 0)
        #expect(publisher.open.map(\.topic) == ["a", "b", "c"])
        #expect(publisher.complete(false, where: { $0.topic == "b" }) == 1)
        #expect(publisher.complete(true) == 2)
        #expect(publisher.complete(true) == 0)
        publisher.answer = false
        publish("e")
        #expect(told.all == ["b false", "a true", "c true", "e false"])
    }

    @Test func benchHasDirectoriesWhereATestWantsThem() throws {
        let directory = try TemporaryDirectory()
        let section = #"{"path": "/nonexistent"}"#
        let bench = try PluginBench<FileAge>(section: section, directory: directory.path)
        #expect(bench.context.stateDirectory == directory.path("state"))
        #expect(bench.context.runtimeDirectory == directory.path("run"))
        try directory.write("x", to: "state/x")
        try directory.write("x", to: "run/x")
        let other = try PluginBench<FileAge>(section: section)
        #expect(other.context.stateDirectory == "/nonexistent/state")
    }
}
