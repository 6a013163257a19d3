import CSystem
import CommandCatalog
import Glibc
import Synchronization
import Testing

@testable import RemoteExecutor

/// Nothing is lost, and what runs short comes back.
///
/// Each test has a process of its own, because it counts or spoils
/// what belongs to the whole process.
@Suite(.timeLimit(.minutes(5)))
struct ChildResourcesTests {
    @Test func twoThousandCommandsLeaveNothingBehind() async throws {
        await #expect(processExitsWith: .success) {
            let bench = try ChildBench()
            _ = try await bench.shell("echo warm")
            let before = try Holdings()
            try await many(2000, .program(["/bin/true"]), bench: bench, atOnce: 50)
            for _ in 0..<50 {
                #expect(try await bench.run(.program(["/nonexistent"])).failure?.errno == ENOENT)
            }
            if geteuid() == 0 {
                let nobody = ChildBench.settings { $0.user = "nobody" }
                for program in ["/bin/true", "/nonexistent"] {
                    _ = try await bench.run(.program([program]), nobody)
                }
            }
            let soon = ChildBench.settings { $0.timeout = .milliseconds(1) }
            #expect(try await bench.shell("sleep 1000", soon).ending == .timedOut)
            let after = try Holdings()
            #expect(after == before)
            #expect(bench.children.running == 0)
        }
    }

    @Test func oneThreadServesAllAndGoesAtShutdown() async throws {
        await #expect(processExitsWith: .success) {
            let threads = { try entries(of: "/proc/self/task").filter { name(ofThread: $0) == "children" }.count }
            let bench = try ChildBench()
            try await many(200, .program(["/bin/sleep", "0.2"]), bench: bench, atOnce: 200)
            #expect(try threads() == 1)
            bench.children.shutdown()
            #expect(try threads() == 0)
        }
    }

    @Test func thousandCommandsRunAtOnce() async throws {
        await #expect(processExitsWith: .success) {
            let bench = try ChildBench()
            try await withGate { folder in
                let line = "echo >> \(folder)/started; read word < \(folder)/gate; echo $((1 + 1))"
                let command = try ChildBench.command(.shell(line))
                let outcomes = try await withThrowingTaskGroup(of: ChildOutcome.self) { group in
                    for _ in 0..<1000 {
                        group.addTask { await bench.run(command) }
                    }
                    let gate = open("\(folder)/gate", O_RDWR | O_CLOEXEC)
                    while try size(of: "\(folder)/started") < 1000 {
                        try await bench.pause()
                    }
                    close(gate)
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(outcomes.count == 1000)
                #expect(outcomes.allSatisfy { $0.ending == .exited(0) && $0.stdout.message == "2" })
            }
        }
    }

    @Test func shortageOfDescriptorsIsToldAndPasses() async throws {
        await #expect(processExitsWith: .success) {
            let bench = try ChildBench()
            let highest = open("/dev/null", O_RDONLY | O_CLOEXEC)
            close(highest)
            for free in 0..<6 {
                let limit = try setDescriptorLimit(UInt(highest) + UInt(free))
                let outcome = try await bench.run(.program(["/bin/echo", "hi"]))
                _ = try setDescriptorLimit(limit)
                let failure = try #require(free < 5 ? outcome.failure : SpawnFailure(.pipe, errno: EMFILE, ""))
                #expect(failure.errno == EMFILE)
                #expect(try await bench.run(.program(["/bin/echo", "hi"])).stdout.message == "hi")
            }
        }
    }

    @Test(.enabled(if: geteuid() == 0, "needs to become another user to have few processes"))
    func shortageOfProcessesIsToldAndPasses() async throws {
        await #expect(processExitsWith: .success) {
            // A user of its own, whose only process is this one.
            #expect(setgid(54_321) == 0 && setuid(54_321) == 0)
            let bench = try ChildBench()
            let processes = __rlimit_resource_t(CSYSTEM_RESOURCE_PROCESSES)
            var limit = rlimit(rlim_cur: 1, rlim_max: 100)
            #expect(setrlimit(processes, &limit) == 0)
            let failure = try #require(try await bench.shell("echo hi").failure)
            #expect(failure.step == .fork)
            #expect(failure.errno == EAGAIN)
            limit.rlim_cur = 100
            #expect(setrlimit(processes, &limit) == 0)
            #expect(try await bench.shell("echo hi").stdout.message == "hi")
        }
    }
}

/// What a process could leak.
private struct Holdings: Equatable {
    let descriptors: Int
    let threads: Int
    let children: Int

    init() throws {
        descriptors = try entries(of: "/proc/self/fd").count
        threads = try entries(of: "/proc/self/task").filter { name(ofThread: $0) == "children" }.count
        var table = try ProcessTable()
        defer { table.close() }
        let isRead = table.refresh()
        #expect(isRead)
        let own = getpid()
        children = table.processes.filter { $0.parent == own }.count
    }
}

private func entries(of path: String) throws -> [String] {
    let directory = try #require(opendir(path))
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            names.append(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
        }
    }
    return names.filter { !$0.hasPrefix(".") }
}

private func name(ofThread identifier: String) -> String {
    let descriptor = open("/proc/self/task/\(identifier)/comm", O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = read(descriptor, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(count - 1, 0)), as: UTF8.self)
}

/// A folder with an empty file `started` and a FIFO `gate`.
private func withGate(_ body: (String) async throws -> Void) async throws {
    var template = Array("/tmp/gate-XXXXXX".utf8CString)
    let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
    close(open("\(folder)/started", O_WRONLY | O_CREAT | O_CLOEXEC, 0o644))
    try #require(mkfifo("\(folder)/gate", 0o600) == 0)
    defer {
        unlink("\(folder)/started")
        unlink("\(folder)/gate")
        rmdir(folder)
    }
    try await body(folder)
}

private func size(of path: String) throws -> Int {
    var status = stat()
    try #require(stat(path, &status) == 0)
    return Int(status.st_size)
}

/// Runs the program often and expects it to succeed.
private func many(_ count: Int, _ invocation: Invocation, bench: ChildBench, atOnce: Int) async throws {
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

/// Sets the soft limit and returns what it was.
private func setDescriptorLimit(_ soft: UInt) throws -> UInt {
    let resource = __rlimit_resource_t(CSYSTEM_RESOURCE_OPEN_FILES)
    var limit = rlimit()
    try #require(getrlimit(resource, &limit) == 0)
    let before = limit.rlim_cur
    limit.rlim_cur = soft
    try #require(setrlimit(resource, &limit) == 0)
    return before
}
