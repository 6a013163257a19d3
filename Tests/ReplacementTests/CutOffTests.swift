import CommandCatalog
import Glibc
import JSON
import TestSupport
import Testing

@testable import Replacement

/// Replacements that end half-way, and what whoever comes next makes of them.
@Suite(.crowd) struct CutOffTests {
    /// A bench on which a replacement was cut off at a phase.
    private static func bench(at phase: TransactionRecord.Phase, identity: String = "cut") throws -> ServiceBench {
        let bench = try ServiceBench()
        let path = bench.directory.path("etc/s.conf")
        let file = ConfigurationFile(name: "s.conf", path: path, isNamedAsThePredecessor: false)
        let old = try #require(try FileSnapshot(of: path))
        let new = FileSnapshot(bytes: Array("new\n".utf8), rights: old.rights)
        mkdir(bench.directory.path("state/config"), 0o700)
        mkdir(bench.directory.path("state/config/s"), 0o700)
        let record = bench.directory.path("state/config/s/transaction")
        let note = TransactionRecord(
            request: identity, attempt: 1, service: ServiceBench.service, definition: bench.definition,
            files: [.init(name: "s.conf", path: path, old: old.digest, new: new.digest)])
        try note.write(to: record)
        try file.stage(new)
        guard phase != .staging else { return bench }
        try file.keepOld()
        try TransactionRecord.mark(.touching, in: record)
        _ = ChildProgram.run(bench.line("kill $(cat pid); sleep 0.05").words(), timeout: .seconds(5))
        guard phase != .touching else { return bench }
        try file.swap(isRemoved: false)
        try TransactionRecord.mark(phase, in: record)
        return bench
    }

    @Test(arguments: [TransactionRecord.Phase.staging, .touching, .swapping])
    func nextStartGoesBack(phase: TransactionRecord.Phase) throws {
        let bench = try Self.bench(at: phase)
        #expect(ServiceDirectory.leftovers(in: bench.directory.path("state")) == [ServiceBench.service])
        let outcome = Replacer(bench.order(.finish)).run()
        #expect(outcome.code == .configurationRolledBack)
        #expect(bench.text() == "old\n" && bench.isRunning && bench.names == ["conf.d", "s.conf"])
        #expect(ServiceDirectory.leftovers(in: bench.directory.path("state")).isEmpty)
        #expect(Replacer(bench.order(.finish)).run().code == .success, "there is nothing left to finish")
    }

    @Test(arguments: [TransactionRecord.Phase.staging, .touching, .swapping])
    func sameRequestBeginsAnew(phase: TransactionRecord.Phase) throws {
        let bench = try Self.bench(at: phase)
        let order = bench.order(.text("new\n"), identity: "cut")
        #expect(Replacer(order).run() == .replaced)
        #expect(bench.text() == "new\n" && bench.text("taken") == "new\n" && bench.isRunning)
        #expect(bench.names == ["conf.d", "s.conf"])
    }

    @Test(arguments: [TransactionRecord.Phase.staging, .touching, .swapping])
    func anotherRequestGoesBackFirst(phase: TransactionRecord.Phase) throws {
        let bench = try Self.bench(at: phase)
        #expect(bench.replace("broken\n").code == .configurationBroken)
        #expect(bench.text() == "old\n" && bench.isRunning && bench.names == ["conf.d", "s.conf"])
        #expect(bench.replace("other\n") == .replaced)
        #expect(bench.text() == "other\n")
    }

    /// What ends again and again is not begun for ever.
    @Test func requestIsBegunThreeTimes() throws {
        let bench = try Self.bench(at: .swapping)
        let record = bench.directory.path("state/config/s/transaction")
        var (note, _) = try #require(try TransactionRecord.read(record))
        note.attempt = 3
        try note.write(to: record)
        try TransactionRecord.mark(.swapping, in: record)
        let outcome = Replacer(bench.order(.text("new\n"), identity: "cut")).run()
        #expect(outcome.code == .configurationRolledBack && outcome.message.contains("was cut off"))
        #expect(bench.text() == "old\n" && bench.isRunning)
    }

    /// An end that nobody heard of is told again, and nothing is done again.
    @Test func endThatNobodyHeardIsToldAgain() throws {
        let bench = try ServiceBench()
        let order = bench.order(.text("new\n"))
        #expect(Replacer(order).run() == .replaced)
        let process = bench.process
        #expect(Replacer(order).run() == .replaced)
        #expect(bench.process == process)
        let bad = bench.order(.text("nostart\n"))
        #expect(Replacer(bad).run().code == .configurationRolledBack)
        let after = bench.process
        #expect(Replacer(bad).run().code == .configurationRolledBack)
        #expect(bench.process == after && bench.text() == "new\n")
    }

    /// The service of a leftover is known by what was noted, whatever the catalog says meanwhile.
    @Test func leftoverKnowsItsService() throws {
        let bench = try Self.bench(at: .swapping)
        let state = bench.directory.path("state")
        #expect(ServiceDirectory.definition(ofLeftover: ServiceBench.service, in: state) == bench.definition)
        var order = bench.order(.finish)
        order.definition = ConfigurationDefinition(places: [.init(name: "x", path: "/nonexistent/x")], taking: .none)
        #expect(Replacer(order).run().code == .configurationRolledBack)
        #expect(bench.text() == "old\n" && bench.isRunning)
    }

    @Test func ordersComeBackAsTheyWere() throws {
        let bench = try ServiceBench(files: [("s.conf", "etc/s.conf"), ("conf.d/", "etc/conf.d/")])
        var definition = bench.definition
        let action = ConfigurationDefinition.Action(.program(["/bin/a", "{file}"]), timeout: .seconds(7))
        (definition.confirmTime, definition.owner, definition.group, definition.mode) = (.seconds(9), "a", "7", 0o640)
        let takings: [ConfigurationDefinition.Taking] = [
            .none, .agent, .reload(action), .restart(action), .stopAndStart(stop: action, start: action),
            .collectd(.init(program: "/c", pidFile: "/p", stop: action, start: nil)),
        ]
        for taking in takings {
            definition.taking = taking
            var order = bench.order(.rollback(version: 3))
            order.definition = definition
            let text = try JSONText(order.json.bytes).value
            #expect(ReplacementOrder(json: text) == order)
        }
        #expect(ReplacementOrder(json: ["v": 2]) == nil)
    }
}
