import CommandCatalog
import TestSupport
import Testing

@testable import MQTT
@testable import TaskSending
@testable import send_command

/// When a task is sent again, and when it is not.
@Suite struct RetryTests {
    @Test(arguments: SeededGenerator.seeds) func waitsGrowAndAreSpreadFromNothingOn(seed: UInt64) {
        let bounds: [Int64] = [2, 4, 8, 16, 30, 30, 30]
        var longest = [Duration](repeating: .zero, count: bounds.count)
        var shortest = [Duration](repeating: .seconds(99), count: bounds.count)
        for round in 0..<400 {
            var schedule = RetrySchedule(using: SeededGenerator(seed: seed &+ UInt64(round)))
            for (index, bound) in bounds.enumerated() {
                let wait = schedule.next()
                #expect(wait >= .zero && wait <= .seconds(bound))
                longest[index] = max(longest[index], wait)
                shortest[index] = min(shortest[index], wait)
            }
            schedule.restart()
            #expect(schedule.next() <= .seconds(2))
        }
        for (index, bound) in bounds.enumerated() {
            #expect(longest[index] > .seconds(bound) * 0.9 && shortest[index] < .seconds(bound) * 0.1)
        }
    }

    /// What a conversation does with retries; the times of the retries left out.
    private struct Teller {
        var conversation = Conversation(awaitsAnswer: true, retries: RetrySchedule(), cancelsOnSignal: true)
        private(set) var retries = 0

        mutating func tell(_ event: Conversation.Event) -> [Conversation.Action] {
            conversation.handle(event).filter { action in
                guard case .retry = action else { return true }
                retries += 1
                return false
            }
        }
    }

    private static let lost = MQTTError(.connectionLost, call: "read", text: "gone")
    private static let full = Answer(code: .storageUnavailable, message: "full")
    private static let done = Answer(code: .success, message: "")

    private static func sent() -> Teller {
        var teller = Teller()
        #expect(teller.tell(.connected) == [])
        #expect(teller.tell(.subscribed) == [.send])
        #expect(teller.retries == 1)
        return teller
    }

    @Test func taskIsSentAgainUntilItIsAnswered() {
        var teller = Self.sent()
        for round in 2...5 {
            #expect(teller.tell(.published(.acknowledged(.success))) == [])
            #expect(teller.tell(.retryDue) == [.sendAgain])
            #expect(teller.retries == round)
        }
        #expect(teller.tell(.answered(Self.done)) == [.end(.answered(Self.done))])
    }

    @Test func whatTheBrokerHasNotTakenYetIsNotSentAgain() {
        var teller = Self.sent()
        #expect(teller.tell(.retryDue) == [] && teller.retries == 2)
        #expect(teller.tell(.published(.acknowledged(.success))) == [])
        #expect(teller.tell(.connectionLost(Self.lost)) == [.note(.connectionLost(Self.lost))])
        #expect(teller.tell(.retryDue) == [] && teller.retries == 3)
        #expect(teller.tell(.connected) == [])
        #expect(teller.tell(.retryDue) == [.sendAgain])
    }

    @Test func hostThatIsNotThereIsSaidOnceAndOneThatHeardStaysHeard() {
        var teller = Self.sent()
        #expect(teller.tell(.published(.acknowledged(.noMatchingSubscribers))) == [.note(.noSubscriber)])
        #expect(teller.tell(.retryDue) == [.sendAgain])
        #expect(teller.tell(.published(.acknowledged(.noMatchingSubscribers))) == [])
        #expect(teller.tell(.retryDue) == [.sendAgain])
        #expect(teller.tell(.published(.acknowledged(.success))) == [])
        #expect(teller.tell(.retryDue) == [.sendAgain])
        #expect(teller.tell(.published(.acknowledged(.noMatchingSubscribers))) == [])
        #expect(teller.tell(.timeIsUp) == [.end(.noAnswer(.acknowledged))])
    }

    @Test func agentWithoutRoomIsAskedAgain() {
        var teller = Self.sent()
        #expect(teller.tell(.published(.acknowledged(.success))) == [])
        #expect(teller.tell(.answered(Self.full)) == [.note(.notTakenYet(Self.full))])
        #expect(teller.tell(.retryDue) == [.sendAgain])
        #expect(teller.tell(.published(.acknowledged(.success))) == [])
        #expect(teller.tell(.answered(Self.full)) == [])
        var other = teller
        #expect(other.tell(.timeIsUp) == [.end(.answered(Self.full))])
        #expect(teller.tell(.retryDue) == [.sendAgain])
        #expect(teller.tell(.timeIsUp) == [.end(.noAnswer(.acknowledged))], "the last attempt may have been taken")
    }

    @Test func agentWithoutRoomIsNotAskedAgainWithoutRetries() {
        var conversation = Conversation(awaitsAnswer: true)
        _ = conversation.handle(.connected)
        #expect(conversation.handle(.subscribed) == [.send])
        #expect(conversation.handle(.answered(Self.full)) == [.end(.answered(Self.full))])
        #expect(conversation.handle(.retryDue) == [])
    }

    @Test func interruptCancelsOnceAndThenLeaves() {
        var teller = Self.sent()
        #expect(teller.tell(.published(.acknowledged(.success))) == [])
        #expect(teller.tell(.signal(2)) == [.note(.cancelling), .cancel])
        #expect(teller.tell(.published(.acknowledged(.success))) == [])
        #expect(teller.tell(.retryDue) == [.cancel], "the task itself must not be started by a repetition now")
        #expect(teller.tell(.published(.acknowledged(.success))) == [])
        #expect(teller.tell(.cancelAnswered(Self.done)) == [])
        #expect(teller.tell(.retryDue) == [.sendAgain], "its answer may have been lost")
        let ended = Answer(code: .cancelled, message: "so far")
        var other = teller
        #expect(other.tell(.answered(ended)) == [.end(.answered(ended))])
        #expect(teller.tell(.signal(2)) == [.end(.stopped(signal: 2, wasSent: true))])
    }

    @Test func interruptOfATaskThatNobodyKnowsIsTheEnd() {
        var teller = Self.sent()
        #expect(teller.tell(.signal(2)) == [.note(.cancelling), .cancel])
        let unknown = Answer(code: .unknownTask, message: "no")
        #expect(
            teller.tell(.cancelAnswered(unknown))
                == [.note(.notCancelled(unknown)), .end(.stopped(signal: 2, wasSent: true))])
    }

    @Test func answerToAnotherWishIsNone() {
        var teller = Self.sent()
        #expect(teller.tell(.cancelAnswered(Self.done)) == [])
    }

    @Test func nextTaskBeginsWithAnEmptySlate() {
        var teller = Self.sent()
        #expect(teller.tell(.published(.acknowledged(.success))) == [])
        #expect(teller.conversation.begin().first == .send)
        #expect(teller.tell(.timeIsUp) == [.end(.noAnswer(.unacknowledged))])
    }
}
