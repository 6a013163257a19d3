import CommandCatalog
import Glibc
import TestSupport
import Testing

@testable import RemoteExecutor

/// Files of runs go when nobody needs them, and no earlier.
@Suite(.timeLimit(.minutes(5)))
struct CleaningTests {
    @Test func onlyWhatIsUnwantedOldAndOverIsRemoved() async throws {
        let bench = try RunBench()
        let (unwanted, wanted, alive) = (RunID(), RunID(), RunID())
        for run in [unwanted, wanted] {
            _ = try await bench.shell("head -c 100000 /dev/zero", run: run)
        }
        _ = try await bench.begin("sleep 1000", run: alive)
        // Its agent is gone, so only the lock says that it goes on.
        try bench.startAgent()
        try bench.runtime.write("not ours", to: "runs/note")
        for run in [unwanted, wanted, alive] { Self.age(bench.runs.file(run).path) }
        bench.forget(unwanted)
        bench.forget(alive)
        try await eventually(within: .seconds(120), "it is removed") {
            access(bench.runs.file(unwanted).path, F_OK) != 0
        }
        let left = Set(RunBench.entries(of: bench.runtime.path("runs")))
        #expect(left == [wanted.marker, wanted.marker + ".out", alive.marker, "note"])
    }

    /// Makes a file look a minute old.
    private static func age(_ path: String) {
        let before = timespec(tv_sec: time(nil) - 60, tv_nsec: 0)
        utimensat(AT_FDCWD, path, [before, before], 0)
    }
}
