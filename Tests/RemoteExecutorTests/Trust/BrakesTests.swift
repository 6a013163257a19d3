import CommandCatalog
import ConfigurationReader
import Testing

@testable import RemoteExecutor

/// T26: who asks too often, and whose tasks are forged too often.
struct BrakesTests {
    private let ops: KeyID
    private let guest: KeyID
    private var brakes: Brakes

    init() throws {
        (ops, guest) = (try #require(KeyID("ops")), try #require(KeyID("guest")))
        let text = "{\"CommandTopic\": \"c\", \"SenderRate\": \"3/1h\", \"Services\": {}}"
        brakes = Brakes(try #require(ConfigurationText(text).configuration?.trust))
    }

    private mutating func isLookedAt(_ key: KeyID, at seconds: Int) -> Bool {
        brakes.objection(toLookingAt: key, at: .seconds(seconds)) == nil
    }

    @Test mutating func forgeriesCostLittleAndLockNobodyOutForLong() {
        for _ in 0..<200 {
            #expect(isLookedAt(ops, at: 1))
            brakes.noteForgery(of: ops, at: .seconds(1))
        }
        let looks = (0..<800).count { _ in isLookedAt(ops, at: 1) }
        // One in eight is looked at, so that the holder comes through when he repeats.
        #expect(looks == 100)
        #expect((0..<800).allSatisfy { _ in isLookedAt(guest, at: 1) })
        // The flood is over, and so is the doubt.
        #expect(isLookedAt(ops, at: 2) && isLookedAt(ops, at: 2))
    }

    @Test mutating func senderWhoHadHisShareIsNotLookedAt() throws {
        let request = CommandRequest(
            service: try #require(Name("t")), command: try #require(Name("c")), parameters: nil)
        let message = TaskMessage(taskID: .integer(1), timestamp: .now, verb: .command(request))
        let sender = Sender(key: ops, roles: [])
        for _ in 0..<3 {
            #expect(isLookedAt(ops, at: 1))
            #expect(brakes.objection(to: message, from: sender, at: .seconds(1)) == nil)
        }
        let outcome = brakes.objection(toLookingAt: ops, at: .seconds(1))
        #expect(outcome?.code == .queueFull && outcome?.reason == .tooOften)
        // Only what is signed well counts against him: nobody else empties his bucket.
        #expect(isLookedAt(guest, at: 1) && isLookedAt(ops, at: 1201))
    }

    @Test mutating func whoeverNamesTasksThatAreNotHisIsKeptWaiting() {
        let (sender, other) = (Sender(key: guest, roles: []), Sender(key: ops, roles: []))
        for _ in 0..<50 {
            #expect(brakes.objection(toSearchBy: sender, at: .seconds(1)) == nil)
            brakes.noteVainSearch(by: sender, at: .seconds(1))
        }
        #expect(brakes.objection(toSearchBy: sender, at: .seconds(1))?.reason == .tooOften)
        #expect(brakes.objection(toSearchBy: other, at: .seconds(1)) == nil)
        #expect(brakes.objection(toSearchBy: sender, at: .seconds(2)) == nil)
    }

    @Test func refusalsAreAnsweredUpToARate() {
        var answers = BoundedAnswers()
        let (sender, other) = (Sender(key: ops, roles: []), Sender(key: guest, roles: []))
        #expect((0..<10_000).count { _ in answers.take(for: .unsigned, at: .seconds(1)) } == 500)
        #expect((0..<10_000).count { _ in answers.take(for: .unsigned, at: .seconds(2)) } == 50)
        #expect(answers.withheld == 9500 + 9950)
        #expect(answers.take(for: sender, at: .seconds(2)) && answers.take(for: other, at: .seconds(2)))
    }
}
