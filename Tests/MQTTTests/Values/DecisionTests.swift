import TestSupport
import Testing

@testable import MQTT

@Suite(.crowd)
struct DecisionTests {
    private let start = ContinuousClock.now

    @Test func fiveShortLivesAreATakeOver() {
        var detector = TakeOverDetector()
        let verdicts = (1...5).map {
            detector.connectionEnded(at: start + .seconds($0 * 2), lived: .seconds(1), wasTold: false)
        }
        #expect(verdicts == [false, false, false, false, true])
    }

    @Test func twoAreEnoughWhenTheBrokerSaysSo() {
        var detector = TakeOverDetector()
        #expect(!end(&detector, at: start, lived: .seconds(100), wasTold: true))
        #expect(end(&detector, at: start + .seconds(1), lived: .seconds(1), wasTold: true))
    }

    @Test func rareLossesAreNone() {
        var detector = TakeOverDetector()
        for number in 1...50 {
            #expect(!end(&detector, at: start + .seconds(number * 4), lived: .seconds(1), wasTold: false))
        }
    }

    @Test func brokerThatIsAwayInBetweenIsNone() {
        var detector = TakeOverDetector()
        for number in 1...50 {
            #expect(!end(&detector, at: start + .seconds(number), lived: .seconds(1), wasTold: false))
            if number.isMultiple(of: 4) { detector.attemptFailed() }
        }
    }

    @Test func suspicionLastsUntilAConnectionLives() {
        var detector = TakeOverDetector()
        for number in 1...5 {
            _ = detector.connectionEnded(at: start + .seconds(number), lived: .seconds(1), wasTold: false)
        }
        #expect(end(&detector, at: start + .seconds(100), lived: .seconds(1), wasTold: false))
        #expect(!end(&detector, at: start + .seconds(200), lived: .seconds(60), wasTold: false))
        #expect(!end(&detector, at: start + .seconds(300), lived: .seconds(1), wasTold: false))
    }

    @Test func newestVersionIsTriedFirstAndThenTheOther() {
        var choice = ProtocolChoice()
        #expect(choice.version == .v5)
        #expect(refuse(&choice, isExplicit: false))
        #expect(choice.version == .v311)
        #expect(!refuse(&choice, isExplicit: false))
        #expect(choice.version == .v5)
    }

    @Test func whatWorkedIsKeptWhenTheBrokerOnlyHangsUp() {
        var choice = ProtocolChoice()
        choice.accepted()
        #expect(!refuse(&choice, isExplicit: false))
        #expect(choice.version == .v5)
        choice.accepted()
        #expect(refuse(&choice, isExplicit: true))
        #expect(choice.version == .v311)
    }

    @Test func outboxKeepsOrderAndBounds() {
        var outbox = Outbox(maximumCount: 5, maximumBytes: 10_000)
        let accepted = (1...6).map { outbox.accept(posted($0)) }
        #expect(accepted == [true, true, true, true, true, false])
        let taken = outbox.take(3)
        #expect(taken.map(\.message.topic) == ["1", "2", "3"])
        let whatIsInFlightCounts = !outbox.accept(posted(7))
        #expect(whatIsInFlightCounts)
        outbox.finish(taken[0].message)
        let hasRoomAgain = outbox.accept(posted(8))
        #expect(hasRoomAgain)
        outbox.putBack(Array(taken.dropFirst()))
        let rest = outbox.take(.max).map(\.message.topic)
        #expect(rest == ["2", "3", "4", "5", "8"])
        #expect(outbox.isEmpty)
    }

    @Test func outboxIsBoundedInBytes() {
        var outbox = Outbox(maximumCount: 100, maximumBytes: 1000)
        let accepted = [1000, 900, 100].map { outbox.accept(posted(1, size: $0)) }
        #expect(accepted == [false, true, false])
        #expect(outbox.bytes == 965)
    }

    @Test func messagesInFlightComeBackAsTheyWereSent() {
        var inFlight = InFlight()
        for number in 1...50 { inFlight.add(posted(number), identifier: CInt((number * 37) % 101)) }
        inFlight.addAnnouncement(identifier: 200)
        #expect(inFlight.room == InFlight.maximum - 51)
        let (first, again) = (inFlight.finish(identifier: 37), inFlight.finish(identifier: 37))
        #expect(first?.message.topic == "1" && again == nil)
        let rest = inFlight.takeAll().map(\.message.topic)
        #expect(rest == (2...50).map(String.init))
        #expect(inFlight.isEmpty)
    }

    @Test func subscriptionIsAskedForUntilItIsGranted() {
        var ledger = SubscriptionLedger()
        let subscription = MQTTSubscription("a")
        let unwanted = ledger.want([subscription, subscription])
        #expect(unwanted.isEmpty)
        #expect(ledger.due(at: start) == [subscription])
        ledger.asked(subscription, identifier: 1, at: start)
        #expect(ledger.due(at: start + .seconds(29)).isEmpty)
        #expect(ledger.due(at: start + .seconds(30)) == [subscription], "no answer is no")
        ledger.asked(subscription, identifier: 2, at: start)
        let late = ledger.answered(identifier: 1, .success, at: start)
        let refused = ledger.answered(identifier: 2, .notAuthorized, at: start)
        #expect(late == nil && refused == subscription)
        #expect(ledger.due(at: start + .seconds(4)).isEmpty)
        #expect(ledger.due(at: start + .seconds(60)) == [subscription])
        ledger.asked(subscription, identifier: 3, at: start)
        let granted = ledger.answered(identifier: 3, .success, at: start)
        #expect(granted == subscription)
        #expect(ledger.due(at: start + .seconds(86_400)).isEmpty)
    }

    @Test func subscriptionThatIsLeftOutIsGivenBack() {
        var ledger = SubscriptionLedger()
        _ = ledger.want([MQTTSubscription("a"), MQTTSubscription("b")])
        let unwanted = ledger.want([MQTTSubscription("b", qos: .exactlyOnce)])
        #expect(unwanted == ["a"])
        #expect(ledger.due(at: start) == [MQTTSubscription("b", qos: .exactlyOnce)])
    }

    // An expectation takes its parts apart, and a mutating call cannot be; a function can.

    private func end(
        _ detector: inout TakeOverDetector, at now: ContinuousClock.Instant, lived: Duration, wasTold: Bool
    ) -> Bool {
        detector.connectionEnded(at: now, lived: lived, wasTold: wasTold)
    }

    private func refuse(_ choice: inout ProtocolChoice, isExplicit: Bool) -> Bool {
        choice.refused(isExplicit: isExplicit)
    }

    private func posted(_ number: Int, size: Int = 0) -> Posted {
        let message = OutgoingMessage(topic: "\(number)", payload: [UInt8](repeating: 0, count: size))
        return Posted(message: message, completion: nil)
    }
}
