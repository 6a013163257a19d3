import CommandCatalog
import Files
import Glibc
import JSON
import TestSupport
import Testing

@testable import Replacement

/// Replacements of real files, with real processes.
@Suite(.crowd) struct ReplacerTests {
    @Test func newOneIsInForceAndTheOldOneIsKept() throws {
        let bench = try ServiceBench()
        let before = bench.process
        chmod(bench.directory.path("etc/s.conf"), 0o640)
        #expect(bench.replace("new\n") == .replaced)
        #expect(bench.text() == "new\n" && bench.text("taken") == "new\n")
        #expect(bench.isRunning && bench.process != before)
        #expect(bench.names == ["conf.d", "s.conf"], "nothing is left beside it")
        #expect(try FileSnapshot(of: bench.directory.path("etc/s.conf"))?.rights.mode == 0o640)
        let versions = bench.versions.all
        #expect(versions.map(\.origin) == [.found, .replaced])
        #expect(versions.map(\.by) == [nil, "ann"] && versions.map(\.reason) == [nil, "because"])
        #expect(try bench.versions.files(of: versions[0])["s.conf"]?.bytes == Array("old\n".utf8))
    }

    @Test func brokenOneTouchesNothing() throws {
        let bench = try ServiceBench()
        let before = bench.process
        let outcome = bench.replace("broken\n")
        #expect(outcome.code == .configurationBroken)
        #expect(outcome.message.hasPrefix("New config seems broken!: "))
        #expect(outcome.message.contains("password=***") && !outcome.message.contains("geheim"))
        #expect(bench.text() == "old\n" && bench.process == before && bench.names == ["conf.d", "s.conf"])
        #expect(bench.versions.all.isEmpty)
    }

    @Test(arguments: [("nostart\n", "cannot start"), ("short\n", "ended soon")])
    func oneThatDoesNotRunIsPutBack(text: String, reason: String) throws {
        let bench = try ServiceBench()
        let outcome = bench.replace(text)
        #expect(outcome.code == .configurationRolledBack)
        #expect(outcome.message.contains(reason))
        #expect(bench.text() == "old\n" && bench.text("taken") == "old\n" && bench.isRunning)
        #expect(bench.names == ["conf.d", "s.conf"])
        #expect(bench.replace("new\n") == .replaced, "the next one finds nothing in its way")
    }

    @Test func serviceThatDoesNotStopKeepsItsConfiguration() throws {
        let bench = try ServiceBench()
        let before = bench.process
        guard case .stopAndStart(_, let start) = bench.definition.taking else { return }
        bench.definition.taking = .stopAndStart(stop: bench.line("echo not now; exit 1"), start: start)
        #expect(bench.replace("new\n") == ReplacementOutcome(.serviceNotStopped, "not now"))
        #expect(bench.text() == "old\n" && bench.process == before && bench.isRunning)
        bench.definition.startTime = .milliseconds(500)
        bench.definition.taking = .stopAndStart(stop: bench.line("true"), start: start)
        #expect(bench.replace("new\n").code == .serviceStillRunning)
        #expect(bench.text() == "old\n" && bench.process == before && bench.isRunning)
    }

    @Test(arguments: [true, false])
    func reloadAndRestartAreOneCommand(isReload: Bool) throws {
        let bench = try ServiceBench()
        let take = bench.line("grep -q refuse etc/s.conf && { echo no; exit 1; }; cat etc/s.conf >taken")
        bench.definition.taking = isReload ? .reload(take) : .restart(take)
        let before = bench.process
        #expect(bench.replace("new\n") == .replaced)
        #expect(bench.text("taken") == "new\n" && bench.process == before)
        #expect(bench.replace("refuse\n") == ReplacementOutcome(.configurationRolledBack, "no"))
        #expect(bench.text() == "new\n" && bench.text("taken") == "new\n", "it is told to take the old one again")
    }

    @Test func dryRunTouchesNothingAndTellsTheDifference() throws {
        let bench = try ServiceBench()
        try bench.write("a 1\nPassword \"alt\"\n", to: "etc/s.conf")
        let order = bench.order(.text("a 2\nPassword \"neu\"\n"), isDryRun: true, diff: true)
        let outcome = Replacer(order).run()
        #expect(outcome.code == .success)
        #expect(outcome.message.contains("-a 1\n-Password \"***\"\n+a 2\n+Password \"***\""))
        #expect(!outcome.message.contains("alt") && !outcome.message.contains("neu\""))
        #expect(bench.text() == "a 1\nPassword \"alt\"\n" && bench.names == ["conf.d", "s.conf"])
    }

    @Test func severalFilesAreOneSet() throws {
        let bench = try ServiceBench(files: [("s.conf", "etc/s.conf"), ("conf.d/", "etc/conf.d/")])
        try bench.write("1", to: "etc/conf.d/a.conf")
        try bench.write("2", to: "etc/conf.d/b.conf")
        bench.definition.check = bench.line(
            "test -f \"$2/conf.d/c.conf\" && ! test -e \"$2/conf.d/a.conf\" && test -f \"$1\"")
        let change = ReplaceRequest.Change.files([
            .init(name: "conf.d/a.conf", text: nil), .init(name: "conf.d/c.conf", text: "3"),
            .init(name: "s.conf", text: "new\n"),
        ])
        #expect(Replacer(bench.order(change)).run() == .replaced)
        #expect(bench.text("etc/conf.d/a.conf") == nil && bench.text("etc/conf.d/b.conf") == "2")
        #expect(bench.text("etc/conf.d/c.conf") == "3" && bench.text() == "new\n")
        #expect(try FileTree.names(in: bench.directory.path("etc/conf.d")).sorted() == ["b.conf", "c.conf"])

        // All of it goes back together.
        let bad = ReplaceRequest.Change.files([
            .init(name: "conf.d/b.conf", text: nil), .init(name: "conf.d/d.conf", text: "4"),
            .init(name: "conf.d/c.conf", text: "5"), .init(name: "s.conf", text: "nostart"),
        ])
        bench.definition.check = nil
        #expect(Replacer(bench.order(bad)).run().code == .configurationRolledBack)
        #expect(bench.text("etc/conf.d/b.conf") == "2" && bench.text("etc/conf.d/c.conf") == "3")
        #expect(bench.text("etc/conf.d/d.conf") == nil && bench.text() == "new\n")
        #expect(try FileTree.names(in: bench.directory.path("etc/conf.d")).sorted() == ["b.conf", "c.conf"])

        let unknown = ReplaceRequest.Change.files([.init(name: "other.conf", text: "x")])
        let outcome = Replacer(bench.order(unknown)).run()
        #expect(outcome.code == .configurationNotWritten)
        #expect(outcome.message.contains("there is no file other.conf in this configuration; it has: s.conf, conf.d/"))
    }

    @Test func rollbackGoesBackAndForth() throws {
        let bench = try ServiceBench()
        for text in ["1\n", "2\n", "3\n"] { #expect(bench.replace(text) == .replaced) }
        #expect(Replacer(bench.order(.rollback(version: nil))).run() == .replaced)
        #expect(bench.text() == "2\n" && bench.text("taken") == "2\n")
        #expect(bench.versions.all.last?.origin == .rolledBack(to: 3))
        #expect(Replacer(bench.order(.rollback(version: 1))).run() == .replaced)
        #expect(bench.text() == "old\n")
        let outcome = Replacer(bench.order(.rollback(version: 99))).run()
        #expect(outcome.code == .configurationNotWritten && outcome.message.contains("there is no version 99"))
        let fresh = try ServiceBench()
        #expect(
            Replacer(fresh.order(.rollback(version: nil))).run().message.contains(
                "there is no version before the one in force"))
    }

    @Test func rollbackBringsRemovedFilesBack() throws {
        let bench = try ServiceBench(files: [("s.conf", "etc/s.conf"), ("conf.d/", "etc/conf.d/")])
        try bench.write("1", to: "etc/conf.d/a.conf")
        let change = ReplaceRequest.Change.files([
            .init(name: "conf.d/a.conf", text: nil), .init(name: "conf.d/b.conf", text: "2"),
        ])
        #expect(Replacer(bench.order(change)).run() == .replaced)
        #expect(Replacer(bench.order(.rollback(version: nil))).run() == .replaced)
        #expect(bench.text("etc/conf.d/a.conf") == "1" && bench.text("etc/conf.d/b.conf") == nil)
    }

    /// What somebody else wrote in between is a version too.
    @Test func whatWasFoundIsKept() throws {
        let bench = try ServiceBench()
        #expect(bench.replace("1\n") == .replaced)
        try bench.write("by hand\n", to: "etc/s.conf")
        #expect(bench.replace("2\n") == .replaced)
        #expect(bench.versions.all.map(\.origin) == [.found, .replaced, .found, .replaced])
        #expect(Replacer(bench.order(.rollback(version: nil))).run() == .replaced)
        #expect(bench.text() == "by hand\n")
    }

    @Test func versionsHaveABound() throws {
        let bench = try ServiceBench()
        bench.definition.taking = .none
        bench.definition.running = nil
        bench.mostVersions = 3
        for number in 1...6 { #expect(bench.replace("\(number)\n") == .replaced) }
        #expect(bench.versions.all.map(\.number) == [5, 6, 7])
        #expect(bench.versions.all.last?.digest.count == 64)
    }

    @Test func twoAtOnceAreOne() throws {
        let bench = try ServiceBench()
        bench.definition.check = bench.line("sleep 1")
        let files = try [bench.order(.text("1\n")), bench.order(.text("2\n"))].map { order in
            try bench.directory.write(order.json.bytes, to: order.identity)
            return bench.directory.path(order.identity)
        }
        // Two processes: the lock is one of the process.
        let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { close(null) }
        let programs = try files.map { file in
            try TestSupport.ChildProgram([Programs.agent, "replace", "--order", file], output: null)
        }
        #expect(programs.map { $0.wait() >> 8 }.sorted() == [0, 100])
        #expect(["1\n", "2\n"].contains(bench.text()))
    }

    @Test func cancelledOneGoesBack() throws {
        let bench = try ServiceBench()
        bench.definition.settleTime = .seconds(5)
        let path = bench.directory.path("taken")
        // As soon as the service has taken the new one up.
        let outcome = bench.replace("new\n") {
            (try? FileSnapshot(of: path))?.bytes == Array("new\n".utf8)
        }
        #expect(outcome == ReplacementOutcome(.configurationRolledBack, "The replacement was cancelled."))
        #expect(bench.text() == "old\n" && bench.text("taken") == "old\n" && bench.isRunning)
    }

    /// T34: what is no plain file, or open to others, is not written to.
    @Test func placeThatOthersCouldUseIsRefused() throws {
        let bench = try ServiceBench()
        let path = bench.directory.path("etc/s.conf")
        rename(path, bench.directory.path("etc/real.conf"))
        symlink(bench.directory.path("etc/real.conf"), path)
        let linked = bench.replace("new\n")
        #expect(linked.code == .configurationNotWritten && linked.message.contains("is a symbolic link"))
        #expect(bench.text("etc/real.conf") == "old\n")
        unlink(path)
        mkdir(path, 0o755)
        #expect(bench.replace("new\n").message.contains("is no regular file"))
        rmdir(path)
        rename(bench.directory.path("etc/real.conf"), path)
        chmod(bench.directory.path("etc"), 0o777)
        #expect(bench.replace("new\n").message.contains("may be written by group or others"))
        chmod(bench.directory.path("etc"), 0o755)
        #expect(bench.text() == "old\n")
        #expect(bench.replace("new\n") == .replaced)
    }

    /// A record of a later release, or a damaged one, is nobody's to guess about.
    @Test func recordThatCannotBeReadIsLeft() throws {
        let bench = try ServiceBench()
        #expect(bench.replace("1\n") == .replaced)
        let record = bench.directory.path("state/config/s/transaction")
        let good = try #require(try FileSnapshot(of: record)?.bytes)
        let text = String(decoding: good, as: UTF8.self)
        try WholeFile.replace(record, Array(text.replacing("\"v\":1", with: "\"v\":2").utf8))
        #expect(bench.replace("2\n").message.contains("is of version 2, and this release knows 1 only"))
        for count in [0, 1, 2, good.count / 2] {
            try WholeFile.replace(record, Array(good.prefix(count)))
            #expect(bench.replace("2\n").message.contains("is damaged"))
        }
        #expect(bench.text() == "1\n")
        unlink(record)
        #expect(bench.replace("2\n") == .replaced)
    }
}
