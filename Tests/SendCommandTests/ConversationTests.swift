import CommandCatalog
import Testing

@testable import MQTT
@testable import TaskSending
@testable import send_command

@Suite struct ConversationTests {
    /// What is told, and what is done in return, each after the other.
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var awaitsAnswer = true
        let story: [(Conversation.Event, [Conversation.Action])]

        init(_ name: String, awaitsAnswer: Bool = true, _ story: [(Conversation.Event, [Conversation.Action])]) {
            testDescription = name
            self.awaitsAnswer = awaitsAnswer
            self.story = story
        }
    }

    private static let answer = Answer(code: .success, message: "hi")
    private static let lost = MQTTError(.connectionLost, call: "read", text: "gone")
    private static let away = MQTTError(.unreachable, call: "connect", text: "refused")
    private static let wrong = MQTTError(.notAuthorized, call: "CONNECT", text: "no")
    private static let unsafe = MQTTError(.tls, call: "read", text: "no")
    private static let large = MQTTError(.tooLarge, call: "publish", text: "no")

    static let rows = [
        Row(
            "the way that all is well",
            [
                (.connected, []), (.subscribed, [.send]), (.published(.acknowledged(.success)), []),
                (.answered(answer), [.end(.answered(answer))]),
            ]),
        Row(
            "the answer may come before the acknowledgement",
            [
                (.connected, []), (.subscribed, [.send]), (.answered(answer), [.end(.answered(answer))]),
            ]),
        Row(
            "an answer before the task is a guess",
            [
                (.connected, []), (.answered(answer), []), (.subscribed, [.send]),
            ]),
        Row(
            "without a result topic the acknowledgement is the end", awaitsAnswer: false,
            [
                (.connected, [.send]), (.published(.acknowledged(.success)), [.end(.sent)]),
            ]),
        Row(
            "without a result topic nobody who listens is worth a word", awaitsAnswer: false,
            [
                (.connected, [.send]),
                (.published(.acknowledged(.noMatchingSubscribers)), [.note(.noSubscriber), .end(.sent)]),
            ]),
        Row(
            "quality 0 ends when it is written", awaitsAnswer: false,
            [
                (.connected, [.send]), (.published(.sent), [.end(.sent)]),
            ]),
        Row(
            "nobody listens, and nobody answers",
            [
                (.connected, []), (.subscribed, [.send]),
                (.published(.acknowledged(.noMatchingSubscribers)), [.note(.noSubscriber)]),
                (.timeIsUp, [.end(.noAnswer(.noSubscriber))]),
            ]),
        Row(
            "no answer",
            [
                (.connected, []), (.subscribed, [.send]), (.published(.acknowledged(.success)), []),
                (.timeIsUp, [.end(.noAnswer(.acknowledged))]),
            ]),
        Row(
            "no answer at quality 0",
            [
                (.connected, []), (.subscribed, [.send]), (.published(.sent), []),
                (.timeIsUp, [.end(.noAnswer(.acknowledged))]),
            ]),
        Row(
            "no acknowledgement either",
            [
                (.connected, []), (.subscribed, [.send]), (.timeIsUp, [.end(.noAnswer(.unacknowledged))]),
            ]),
        Row(
            "no acknowledgement where nobody waits for an answer", awaitsAnswer: false,
            [
                (.connected, [.send]), (.timeIsUp, [.end(.noBroker(.unacknowledged))]),
            ]),
        Row(
            "a broker that is away is said once",
            [
                (.connectFailed(away), [.note(.connectFailed(away))]), (.connectFailed(away), []),
                (.timeIsUp, [.end(.noBroker(.connection(away)))]),
            ]),
        Row(
            "a broker that comes late",
            [
                (.connectFailed(away), [.note(.connectFailed(away))]), (.connected, []), (.subscribed, [.send]),
            ]),
        Row("nothing at all", [(.timeIsUp, [.end(.noBroker(.silence))])]),
        Row(
            "no answer to the subscription",
            [
                (.connected, []), (.timeIsUp, [.end(.noBroker(.unansweredSubscription))]),
            ]),
        Row("a wrong password ends it", [(.connectFailed(wrong), [.end(.denied(.connection(wrong)))])]),
        Row("an unsafe connection ends it", [(.connectFailed(unsafe), [.end(.noBroker(.connection(unsafe)))])]),
        Row(
            "a refused subscription ends it before anything is sent",
            [
                (.connected, []),
                (.subscriptionRefused(.notAuthorized), [.end(.denied(.subscription(.notAuthorized)))]),
            ]),
        Row(
            "a refused task ends it",
            [
                (.connected, []), (.subscribed, [.send]),
                (.published(.acknowledged(.notAuthorized)), [.end(.denied(.publication(.notAuthorized)))]),
            ]),
        Row(
            "a task that cannot be sent ends it",
            [
                (.connected, []), (.subscribed, [.send]), (.published(.refused(large)), [.end(.unsendable(large))]),
            ]),
        Row(
            "a lost connection is made again, and the task is sent once",
            [
                (.connected, []), (.subscribed, [.send]), (.connectionLost(lost), [.note(.connectionLost(lost))]),
                (.connected, []), (.subscribed, []), (.connectionLost(lost), []), (.connected, []), (.subscribed, []),
                (.answered(answer), [.end(.answered(answer))]),
            ]),
        Row(
            "a connection lost before the subscription",
            [
                (.connected, []), (.connectionLost(lost), [.note(.connectionLost(lost))]), (.connected, []),
                (.subscribed, [.send]),
            ]),
        Row(
            "a connection lost before the subscription, for good",
            [
                (.connected, []), (.connectionLost(lost), [.note(.connectionLost(lost))]),
                (.timeIsUp, [.end(.noBroker(.connection(lost)))]),
            ]),
        Row("a signal before the task", [(.connected, []), (.signal(2), [.end(.stopped(signal: 2, wasSent: false))])]),
        Row(
            "a signal after the task",
            [
                (.connected, []), (.subscribed, [.send]), (.signal(15), [.end(.stopped(signal: 15, wasSent: true))]),
            ]),
    ]

    @Test(arguments: rows) func whatIsSeenDecidesWhatIsDone(row: Row) {
        var conversation = Conversation(awaitsAnswer: row.awaitsAnswer)
        for (event, actions) in row.story {
            #expect(conversation.handle(event) == actions, "after \(event)")
        }
    }
}
