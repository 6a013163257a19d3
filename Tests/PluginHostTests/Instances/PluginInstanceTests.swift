import CommandCatalog
import Glibc
import PluginKit
import PluginTesting
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import PluginHost

/// What the host promises to every instance.
@Suite(.timeLimit(.minutes(5))) struct PluginInstanceTests {
    @Test func callsComeOneAtATimeAndInOrder() async throws {
        let inside = Mutex(0)
        let overlaps = Collected<String>()
        var behaviour = Probe.Behaviour()
        behaviour.handle = { what in
            if inside.withLock({
                $0 += 1; return $0
            }) != 1 {
                overlaps.append(what)
            }
            await Task.yield()
            inside.withLock { $0 -= 1 }
        }
        let instance = try Fixture().instance(does: behaviour)
        instance.start()
        var expected: [String] = []
        for number in 1...50 {
            instance.deliver(.result(result("\(number)")))
            instance.deliver(.notification(notification("\(number)")))
            expected += ["result \(number)", "notification \(number)"]
        }
        await instance.finish()
        #expect(instance.handled.filter { $0 != "read" } == expected)
        #expect(overlaps.all.isEmpty)
    }

    @Test func aThrowIsCountedLoggedAndStopsNobody() async throws {
        let fixture = Fixture()
        var behaviour = Probe.Behaviour()
        behaviour.handle = { if $0 == "result 2" { throw SystemFailure("bad day") } }
        let instance = try fixture.instance(does: behaviour)
        instance.start()
        for number in 1...3 { instance.deliver(.result(result("\(number)"))) }
        await instance.finish()
        #expect(instance.handled.filter { $0 != "read" } == ["result 1", "result 2", "result 3"])
        #expect(instance.record.values.failures == 1)
        let lines = fixture.log.lines.filter { $0.message == "the plugin failed" }
        #expect(lines.count == 1)
        #expect(lines.first?.metadata["call"] == "handle result")
        #expect(lines.first?.metadata["error"]?.contains("bad day") == true)
    }

    @Test func aBlockedInstanceHarmsNoOther() async throws {
        let fixture = Fixture()
        let gate = Semaphore()
        var blocking = Probe.Behaviour()
        blocking.handle = { _ in gate.wait() }
        let blocked = try fixture.instance("blocked", does: blocking)
        let free = try fixture.instance("free")
        blocked.start()
        free.start()
        for number in 1...100 {
            blocked.deliver(.result(result("\(number)")))
            free.deliver(.result(result("\(number)")))
        }
        await free.finish()
        #expect(free.handled.filter { $0 != "read" }.count == 100)
        #expect(blocked.handled.filter { $0 != "read" }.count <= 1)
        for _ in 1...100 { gate.post() }
        await blocked.finish()
    }

    @Test func runThatBlocksItsThreadHarmsNoOther() async throws {
        let fixture = Fixture()
        let gate = Semaphore()
        var blocking = Probe.Behaviour()
        blocking.run = { gate.wait() }
        let blocked = (1...8).map { try? fixture.instance("blocked\($0)", does: blocking) }
        for instance in blocked { instance?.start() }
        let free = try fixture.instance("free")
        free.start()
        free.deliver(.result(result("1")))
        await free.finish()
        #expect(free.handled.contains("result 1"))
        for _ in 1...100 { gate.post() }
    }

    @Test(arguments: [true, false])
    func hangIsToldOnceAndItsEndOnce(blocksThread: Bool) async throws {
        let clock = ManualClock()
        let fixture = Fixture(clock: clock)
        let gate = Semaphore()
        let door = Completion()
        var behaviour = Probe.Behaviour()
        behaviour.handle = { _ in
            if blocksThread { gate.wait() } else { _ = await door.wait(until: .seconds(1_000_000), clock) }
        }
        let instance = try fixture.instance(does: behaviour)
        instance.start()
        instance.deliver(.result(result("1")))
        try await eventually { instance.record.values.current?.call == "handle result" }
        func hanging() -> Int { fixture.log.lines.count { $0.message.hasPrefix("the plugin hangs") } }
        clock.advance(by: .seconds(59))
        instance.lookForHang(now: clock.uptime)
        #expect(hanging() == 0)
        for _ in 1...3 {
            clock.advance(by: .seconds(2))
            instance.lookForHang(now: clock.uptime)
        }
        #expect(hanging() == 1)
        #expect(instance.state == .hanging)
        gate.post()
        door.finish()
        try await eventually { instance.record.values.calls > 0 && instance.record.values.current == nil }
        try await eventually {
            instance.lookForHang(now: clock.uptime)
            return instance.state == .running
        }
        #expect(fixture.log.lines.count { $0.message == "the plugin works again" } == 1)
    }

    @Test func runIsStartedAgainWithGrowingDelays() async throws {
        let clock = ManualClock()
        let starts = Collected<Duration>()
        var behaviour = Probe.Behaviour()
        behaviour.run = {
            starts.append(clock.uptime)
            if starts.count == 2 { throw SystemFailure("broken") }
            if starts.count < 4 { return }
            try? await gracefulShutdown()
        }
        let fixture = Fixture(clock: clock)
        let instance = try fixture.instance(interval: .seconds(80_000), does: behaviour)
        instance.start()
        for (number, delay) in [1, 2, 4].enumerated() {
            // One sleeper waits for the next reading, the other for the next start.
            await clock.waitForSleepers(2)
            #expect(starts.count == number + 1)
            #expect(instance.state == .restarting)
            clock.advance(by: .seconds(delay))
        }
        try await eventually { starts.count == 4 }
        #expect(starts.all == [0, 1, 3, 7].map { .seconds($0) })
        #expect(instance.record.values.restarts == 3)
        #expect(fixture.log.lines.contains { $0.metadata["error"]?.contains("broken") == true })
        await instance.finish()
        #expect(starts.count == 4)
    }

    @Test func readingsComeAtIntervalsThatDoubleWhileTheyFail() async throws {
        let clock = ManualClock()
        let reads = Collected<Duration>()
        var behaviour = Probe.Behaviour()
        behaviour.read = {
            reads.append(clock.uptime)
            if (2...3).contains(reads.count) { throw SystemFailure("no reading") }
            return [metric("load")]
        }
        let fixture = Fixture(clock: clock)
        let instance = try fixture.instance(interval: .seconds(10), does: behaviour)
        instance.start()
        for delay in [10, 20, 40, 10] {
            await clock.waitForSleepers()
            clock.advance(by: .seconds(delay))
        }
        try await eventually { reads.count == 5 }
        #expect(reads.all == [0, 10, 30, 70, 80].map { .seconds($0) })
        try await eventually { fixture.dispatcher.metrics.count == 3 }
        #expect(fixture.log.lines.contains { $0.message == "reading works again" && $0.metadata["failures"] == "2" })
        instance.stopReading()
        await instance.drain(until: clock.uptime + .seconds(1))
    }

    @Test func whatWaitsIsHandledBeforeTheEnd() async throws {
        var behaviour = Probe.Behaviour()
        behaviour.handle = { _ in try await Task.sleep(for: .milliseconds(1)) }
        let instance = try Fixture().instance(does: behaviour)
        instance.start()
        for number in 1...100 { instance.deliver(.result(result("\(number)"))) }
        await instance.finish()
        #expect(instance.handled.filter { $0 != "read" }.count == 100)
        try await eventually { instance.hasEnded }
    }

    @Test func aStuckInstanceIsLeftBehindWithAWord() async throws {
        let fixture = Fixture()
        let gate = Semaphore()
        var behaviour = Probe.Behaviour()
        behaviour.handle = { _ in gate.wait() }
        let instance = try fixture.instance(does: behaviour)
        instance.start()
        for number in 1...5 { instance.deliver(.result(result("\(number)"))) }
        try await eventually { instance.record.values.current?.call == "handle result" }
        await instance.finish(within: .milliseconds(50))
        #expect(!instance.hasEnded)
        #expect(fixture.log.lines.contains { $0.message.hasPrefix("the plugin did not handle in time") })
        for _ in 1...5 { gate.post() }
        try await eventually { instance.hasEnded }
    }

    @Test func lossesAreLoggedOnceASecond() async throws {
        let clock = ManualClock()
        let fixture = Fixture(clock: clock)
        // It is not started, so nothing is taken out.
        let instance = try fixture.instance()
        for number in 1...1100 { instance.deliver(.result(result("\(number)"))) }
        clock.advance(by: .seconds(2))
        for number in 1...10 { instance.deliver(.result(result("\(number)"))) }
        #expect(instance.mailbox.counters.refused == 110)
        #expect(fixture.log.lines.map { $0.metadata["lost.now"] } == ["1", "100"])
    }
}
