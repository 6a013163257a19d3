import CRunner
import CSystem
import CommandCatalog
import Glibc
import TestSupport
import Testing

@testable import RemoteExecutor

/// Nothing is lost, and what runs short comes back.
///
/// Each test has a process of its own, because it counts or spoils
/// what belongs to the whole process.
@Suite(.crowd)
struct RunResourcesTests {
    @Test func thousandCommandsLeaveNothingBehind() async throws {
        await #expect(processExitsWith: .success) {
            let bench = try RunBench()
            try await warm(bench)
            let before = Holdings(bench)
            try await many(1000, .program(["/bin/true"]), bench: bench, atOnce: 50)
            for _ in 0..<20 {
                let outcome = try await bench.run(.program(["/nonexistent"]))
                #expect(outcome.failure?.errno == ENOENT)
            }
            let soon = RunBench.settings { $0.timeout = .milliseconds(1) }
            let slow = try await bench.shell("sleep 1000", soon)
            #expect(slow.ending == .timedOut)
            try await eventually(within: .seconds(120), "all is given back") {
                RunBench.children(of: bench.runnerProgram.identifier) == 0 && Holdings(bench) == before
            }
            // One file each, which who asked for it removes when it was answered.
            #expect(RunBench.entries(of: bench.runtime.path("runs")).count == 1022)
            for end in bench.ends { bench.runs.file(end.run).remove(withSpool: true) }
            #expect(RunBench.entries(of: bench.runtime.path("runs")) == [])
        }
    }

    @Test func oneThreadServesAllAndGoesAtTheStop() async throws {
        await #expect(processExitsWith: .success) {
            let threads = { RunBench.threads(of: getpid()).filter { $0 == "runs" }.count }
            let bench = try RunBench()
            try await many(100, .program(["/bin/sleep", "0.2"]), bench: bench, atOnce: 100)
            #expect(threads() == 1)
            bench.runs.stop()
            #expect(threads() == 0)
        }
    }

    @Test func twoHundredCommandsRunAtOnce() async throws {
        let bench = try RunBench()
        let (gate, started) = (bench.runtime.path("gate"), bench.runtime.path("started"))
        try #require(mkfifo(gate, 0o600) == 0)
        let command = try RunBench.command(.shell("echo >> \(started); read word < \(gate); echo $((1 + 1))"))
        let outcomes = try await withThrowingTaskGroup(of: RunOutcome.self) { group in
            for _ in 0..<200 {
                group.addTask { try await bench.run(command) }
            }
            // All readers get the end of the file when the only writer goes.
            let writer = open(gate, O_RDWR | O_CLOEXEC)
            try await eventually(within: .seconds(120)) {
                RunFile.bytes(of: started, at: 0, count: 1000).count == 200
            }
            close(writer)
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count == 200)
        #expect(outcomes.allSatisfy { $0.ending == .exited(0) && $0.stdout.message == "2" })
    }

    @Test func shortageOfDescriptorsInTheAgentLosesNothing() async throws {
        await #expect(processExitsWith: .success) {
            let bench = try RunBench()
            try await warm(bench)
            let highest = open("/dev/null", O_RDONLY | O_CLOEXEC)
            close(highest)
            for free in 0..<2 {
                let run = RunID()
                try withDescriptors(highest + Int32(free)) {
                    let command = try RunBench.command(.program(["/bin/echo", "hi"]))
                    bench.runs.start([RunRequests.Start(command: command, run: run, isWatched: false)])
                    // The command needs no descriptor of ours; only what became of it does.
                    let size = MemoryLayout<runner_claim>.size + MemoryLayout<runner_record>.size
                    var status = stat()
                    for _ in 0..<24_000 where stat(bench.runs.file(run).path, &status) != 0 || status.st_size <= size {
                        usleep(5000)
                    }
                    #expect(status.st_size > size)
                    // Long enough for whoever watches to look for it: in vain if there is no descriptor at all.
                    usleep(1_500_000)
                    #expect(free == 1 || bench.ends.allSatisfy { $0.run != run })
                }
                try await eventually(within: .seconds(120)) { bench.ends.contains { $0.run == run } }
                let end = try RunBench.outcome(try #require(bench.ends.last).kind)
                #expect(end.ending == .exited(0))
                #expect(end.stdout.message == "hi")
            }
        }
    }

    /// T15: no process is left to be had.
    @Test(.enabled(if: geteuid() == 0, "needs to become another user to have few processes"))
    func shortageOfProcessesIsToldAndPasses() async throws {
        await #expect(processExitsWith: .success) {
            // A user of its own, whose only processes are this one and the runner.
            #expect(setgid(54_321) == 0 && setuid(54_321) == 0)
            let bench = try RunBench()
            let runner = "\(bench.runnerProgram.identifier)"
            try ChildProgram.run("/usr/bin/prlimit", "--pid", runner, "--nproc=1:100")
            let outcome = try await bench.shell("echo hi")
            let failure = try #require(outcome.failure)
            #expect(failure.step == .fork)
            #expect(failure.errno == EAGAIN)
            try ChildProgram.run("/usr/bin/prlimit", "--pid", runner, "--nproc=100:100")
            let second = try await bench.shell("echo hi")
            #expect(second.stdout.message == "hi")
        }
    }
}

/// What agent and runner could leak.
private struct Holdings: Equatable {
    let descriptors: Int
    let threads: Int
    let runnersDescriptors: Int
    let processes: Int

    init(_ bench: RunBench) {
        descriptors = RunBench.entries(of: "/proc/self/fd").count
        threads = RunBench.threads(of: getpid()).filter { $0 == "runs" }.count
        runnersDescriptors = RunBench.entries(of: "/proc/\(bench.runnerProgram.identifier)/fd").count
        processes = bench.processes.count
    }
}

/// Has everything made that is made at its first use: the clock of tasks has descriptors of its own.
private func warm(_ bench: RunBench) async throws {
    _ = try await bench.shell("echo warm")
    try await Task.sleep(for: .milliseconds(1))
}

/// Runs the program often and expects it to succeed.
private func many(_ count: Int, _ invocation: Invocation, bench: RunBench, atOnce: Int) async throws {
    for _ in 0..<(count / atOnce) {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<atOnce {
                group.addTask {
                    let outcome = try await bench.run(invocation)
                    #expect(outcome.ending == .exited(0))
                }
            }
            try await group.waitForAll()
        }
    }
}

/// Does something while no descriptor of this number or above it is to be had.
///
/// It must not be asynchronous: once a second the pool of Swift's tasks looks at its threads in `/proc`, if a task waits
/// for one of them, and where it cannot open their files it ends the process.
private func withDescriptors(_ soft: Int32, _ body: () throws -> Void) throws {
    let resource = __rlimit_resource_t(CSYSTEM_RESOURCE_OPEN_FILES)
    var limit = rlimit()
    try #require(getrlimit(resource, &limit) == 0)
    let before = limit
    limit.rlim_cur = rlim_t(soft)
    try #require(setrlimit(resource, &limit) == 0)
    defer { #expect(withUnsafePointer(to: before) { setrlimit(resource, $0) } == 0) }
    try body()
}
