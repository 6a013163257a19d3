import CommandCatalog
import PluginKit
import TestSupport
import Testing

@testable import PluginHost

/// What waits for an instance.
@Suite(.timeLimit(.minutes(5))) struct MailboxTests {
    /// What came out, as words.
    private static func drained(_ mailbox: Mailbox) async -> [String] {
        mailbox.close()
        var words: [String] = []
        while let delivery = await mailbox.next() {
            switch delivery {
            case .metrics(let metrics): words += metrics.map(\.identity.type)
            case .notification(let notification): words.append(notification.message)
            case .message(let message): words.append(message.topic)
            case .result(let result): words.append(result.message)
            case .read, .mark: words.append("?")
            }
        }
        return words
    }

    @Test func orderOfArrivalIsKeptAcrossKinds() async {
        let mailbox = Mailbox()
        mailbox.put(.result(result("a")))
        mailbox.put(.metrics([metric("b")]))
        mailbox.put(.notification(notification("c")))
        mailbox.put(.metrics([metric("d")]))
        mailbox.put(.message(MQTTMessage(topic: "e", payload: [])))
        mailbox.put(.result(result("f")))
        #expect(mailbox.counters.waiting == 6)
        #expect(await Self.drained(mailbox) == ["a", "b", "c", "d", "e", "f"])
        #expect(mailbox.counters.waiting == 0)
    }

    @Test func oldestMetricsGiveWayAndAreCounted() async {
        let mailbox = Mailbox(capacity: 3)
        let wasLossless = (1...5).map { mailbox.put(.metrics([metric("\($0)")])) }
        #expect(wasLossless == [true, true, true, false, false])
        #expect(mailbox.counters == Mailbox.Counters(waiting: 3, droppedMetrics: 2, refused: 0))
        #expect(await Self.drained(mailbox) == ["3", "4", "5"])
    }

    @Test func whatFindsNoRoomIsRefusedAndCounted() async {
        let mailbox = Mailbox(capacity: 2)
        for number in 1...3 {
            mailbox.put(.message(MQTTMessage(topic: "m\(number)", payload: [])))
            mailbox.put(.notification(notification("n\(number)")))
            mailbox.put(.result(result("r\(number)")))
        }
        #expect(mailbox.counters == Mailbox.Counters(waiting: 6, droppedMetrics: 0, refused: 3))
        #expect(await Self.drained(mailbox) == ["m1", "n1", "r1", "m2", "n2", "r2"])
    }

    @Test func aFloodOfMetricsLeavesRoomForTheOthers() async {
        let mailbox = Mailbox(capacity: 2)
        for number in 1...100 { mailbox.put(.metrics([metric("\(number)")])) }
        #expect(mailbox.put(.result(result("r"))))
        #expect(await Self.drained(mailbox) == ["99", "100", "r"])
    }

    @Test func ringGrowsAndTurnsWithoutLosingAnything() async {
        let mailbox = Mailbox(capacity: 100)
        var expected: [String] = []
        for round in 1...7 {
            for number in 1...13 {
                mailbox.put(.result(result("\(round)-\(number)")))
                expected.append("\(round)-\(number)")
            }
            for _ in 1...5 {
                guard case .result(let result)? = await mailbox.next() else { continue }
                #expect(result.message == expected.removeFirst())
            }
        }
        #expect(await Self.drained(mailbox) == expected)
    }

    @Test func closedMailboxTakesNothing() async {
        let mailbox = Mailbox()
        mailbox.put(.result(result("before")))
        mailbox.close()
        #expect(!mailbox.put(.result(result("after"))))
        #expect(await Self.drained(mailbox) == ["before"])
    }

    @Test func whoWaitsForAReadingIsToldWhenItWillNotCome() async {
        let mailbox = Mailbox()
        async let early = withCheckedContinuation { mailbox.put(.read(ReadRequest(finished: $0))) }
        while mailbox.counters.waiting == 0 { await Task.yield() }
        mailbox.put(.result(result("lost")))
        #expect(mailbox.abandon() == 1)
        #expect(await early == .abandoned)
        let late = await withCheckedContinuation { mailbox.put(.read(ReadRequest(finished: $0))) }
        #expect(late == .abandoned)
    }

    @Test func aWaitingReaderIsWoken() async throws {
        let mailbox = Mailbox()
        let taken = Collected<String>()
        let reading = Task {
            while case .result(let result)? = await mailbox.next() { taken.append(result.message) }
        }
        for number in 1...100 {
            mailbox.put(.result(result("\(number)")))
            if number % 7 == 0 { await Task.yield() }
        }
        mailbox.close()
        await reading.value
        #expect(taken.all == (1...100).map(String.init))
    }
}
