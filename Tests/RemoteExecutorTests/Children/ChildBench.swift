import CSystem
import Glibc
import Synchronization
import Testing

@testable import CommandCatalog
@testable import RemoteExecutor

/// Children to experiment with; they are shut down with the bench.
final class ChildBench: Sendable {
    let children: ChildProcesses

    init(grace: Duration = .seconds(10)) throws {
        children = try ChildProcesses(grace: grace)
    }

    /// A command with this invocation.
    static func command(_ invocation: Invocation, _ settings: CommandSettings = .init()) throws -> Command {
        let name = try #require(Name("test"))
        return Command(service: name, name: name, invocation: invocation, settings: settings)
    }

    /// Settings that differ from the defaults as the closure says.
    static func settings(_ change: (inout CommandSettings) -> Void) -> CommandSettings {
        var settings = CommandSettings()
        change(&settings)
        return settings
    }

    /// Runs the command to its end.
    func run(
        _ invocation: Invocation, _ settings: CommandSettings = .init(), run: RunID = RunID()
    ) async throws -> ChildOutcome {
        await self.run(try Self.command(invocation, settings), run: run)
    }

    /// Runs the command to its end.
    func run(_ command: Command, run: RunID = RunID()) async -> ChildOutcome {
        await withCheckedContinuation { continuation in
            children.start(command, run: run) { continuation.resume(returning: $0) }
        }
    }

    /// A moment between two looks at something that will come.
    func pause() async throws {
        _ = try await run(.program(["/bin/sleep", "0.02"]))
    }

    /// Runs a line of the shell to its end.
    func shell(_ line: String, _ settings: CommandSettings = .init(), run: RunID = RunID()) async throws -> ChildOutcome
    {
        try await self.run(.shell(line), settings, run: run)
    }

    /// The living processes of this host that have the run in their environment.
    static func survivors(of run: RunID) throws -> [pid_t] {
        var table = try ProcessTable()
        defer { table.close() }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        let isRead = table.refresh()
        #expect(isRead)
        return table.processes.filter { $0.alive && table.run(of: $0.pid, buffer: buffer) == run }.map(\.pid)
    }
}

extension ChildOutcome {
    /// The failure of a command that never ran.
    var failure: SpawnFailure? {
        guard case .notStarted(let failure) = ending else { return nil }
        return failure
    }
}
