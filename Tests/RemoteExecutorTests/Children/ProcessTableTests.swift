import CSystem
import CommandCatalog
import Glibc
import Testing

@testable import RemoteExecutor

/// Other processes are seen as they are, and only the right ones are signalled.
@Suite(.timeLimit(.minutes(5)))
struct ProcessTableTests {
    /// Runs the line until the body returns; gives it the process as /proc shows it.
    private func during(
        _ line: String, _ settings: CommandSettings = .init(),
        _ body: (ProcessTable, csystem_process, RunID) async throws -> Void
    ) async throws -> ChildOutcome.Ending {
        let (bench, run) = (try ChildBench(grace: .seconds(60)), RunID())
        async let outcome = bench.shell(line, settings, run: run)
        var found: [pid_t] = []
        while found.isEmpty {
            found = try ChildBench.survivors(of: run)
            try await bench.pause()
        }
        let table = try ProcessTable()
        defer { table.close() }
        let pid = try #require(found.first)
        let process = try #require(table.process(pid))
        try await body(table, process, run)
        bench.children.end(run)
        return try await outcome.ending
    }

    @Test func strangerWithAPidThatWasUsedAnewIsNotSignalled() async throws {
        let ending = try await during("exec sleep 1000") { table, process, run in
            var tree = ProcessTree(leader: process.pid, run: run)
            tree.end(by: .now, isFirst: true)
            var stranger = process
            stranger.start += 1
            tree.members = [stranger]
            tree.signal(now: .now, table: table)
            try await ChildBench().pause()
            #expect(table.process(process.pid)?.alive == true)
        }
        // Ended by the request, not by a signal before it.
        #expect(ending == .interrupted)
    }

    @Test func memberIsSignalled() async throws {
        let ending = try await during("exec sleep 1000") { table, process, run in
            var tree = ProcessTree(leader: process.pid, run: run)
            tree.end(by: .now, isFirst: true)
            tree.members = [process]
            tree.signal(now: .now, table: table)
            while table.process(process.pid) != nil {
                await Task.yield()
            }
        }
        #expect(ending == .signaled(SIGKILL))
    }

    @Test func zombieDoesNotCountAndANameMayContainAnything() async throws {
        _ = try await during("ln -sf /bin/sleep '/tmp/a) Z 1 (b'; exec '/tmp/a) Z 1 (b' 1000") { table, process, _ in
            let now = try #require(table.process(process.pid))
            #expect(now.alive)
            #expect(now.session == process.pid)
            #expect(now.parent == getpid())
        }
        unlink("/tmp/a) Z 1 (b")
        let pidOfZombie = { (table: ProcessTable, parent: pid_t) -> csystem_process? in
            var table = table
            _ = table.refresh()
            return table.processes.first { $0.parent == parent && !$0.alive }
        }
        // The sleep takes the place of the shell and so never asks for its child.
        _ = try await during("true & exec sleep 1000") { table, process, _ in
            while pidOfZombie(table, process.pid) == nil {
                await Task.yield()
            }
        }
    }

    @Test(arguments: [1, 13, 1000, 4000])
    func runIsFoundWhereverItIsInTheEnvironment(size: Int) async throws {
        let long = EnvironmentVariable(name: "XRECOVERD_RUN", value: String(repeating: "a", count: size))
        let settings = ChildBench.settings { $0.environment = [long] }
        // env puts what is not given to it behind what is.
        let line = "run=$RECOVERD_RUN; unset RECOVERD_RUN; exec env RECOVERD_RUN=$run sleep 1000"
        _ = try await during(line, settings) { table, process, run in
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 1)
            defer { buffer.deallocate() }
            #expect(table.run(of: process.pid, buffer: buffer) == run)
        }
    }
}
