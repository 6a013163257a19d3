import CRunner
import Glibc
import TestSupport

/// A real `recoverd-runner` in a directory of its own.
final class Runner: Sendable {
    /// Where the program of this build is.
    static var program: String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let executable = String(decoding: buffer.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return executable.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/recoverd-runner"
    }

    /// Standard ones, runs, signals, network, directory, lock, socket, and one connection.
    static let descriptorsWithOnePeer = 10

    /// Its runtime directory is `run` in here.
    let directory: TemporaryDirectory
    let child: ChildProgram
    private let log: CInt

    /// Starts one and waits until it listens.
    ///
    /// - Parameters:
    ///   - options: Beside the directory.
    ///   - directory: Whose `run` is the runtime directory.
    ///   - starter: A program, with its arguments, that becomes the runner.
    /// - Throws: It does not come to listen.
    init(
        _ options: [String] = ["--stay"], in directory: TemporaryDirectory? = nil, by starter: [String] = []
    ) async throws {
        let directory = try directory ?? TemporaryDirectory()
        log = open(directory.path("log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        child = try ChildProgram(
            starter + [Self.program, "--runtime", directory.path("run")] + options, output: log)
        self.directory = directory
        let identifier = child.identifier
        try await eventually("the runner listens") {
            // The socket of another runner may be there still.
            (try? RunnerClient(directory.path("run")))?.greeting.pid == UInt32(identifier)
        }
    }

    deinit {
        // Its commands are ended by those who started them; what a failed test left ends here.
        for name in (try? names()) ?? [] where name.count == 16 {
            guard let run = UInt64(name, radix: 16), (try? record(run)) ?? nil == nil else { continue }
            if let claim = try? claim(run), claim.supervisor > 0, claim.command > 0, isHeld(run) {
                kill(pid_t(claim.supervisor), SIGTERM)
            }
        }
        close(log)
    }

    /// A new connection.
    func connect() throws -> RunnerClient { try RunnerClient(directory.path("run")) }

    /// What it said.
    var words: String { (try? directory.text(of: "log")) ?? "" }

    /// The files of its runs.
    func names() throws -> [String] { try TestFiles.names(directory.path("run/runs")) }

    /// The path of a run's file, or of one of its streams.
    func path(_ run: UInt64, _ ending: String = "") -> String {
        directory.path("run/runs/") + RunnerClient.digits(run) + ending
    }

    /// What stands at the beginning of a run's file.
    func claim(_ run: UInt64) throws -> runner_claim {
        let bytes = try TestFiles.read(path(run))
        guard bytes.count >= MemoryLayout<runner_claim>.size else { throw SystemFailure("short claim") }
        return bytes.withUnsafeBytes { $0.loadUnaligned(as: runner_claim.self) }
    }

    /// Whether somebody holds the lock of a run.
    func isHeld(_ run: UInt64) -> Bool {
        let file = open(path(run), O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        return flock(file, LOCK_SH | LOCK_NB) != 0
    }

    /// The record of a run; nil when there is none yet.
    ///
    /// - Throws: It is not whole.
    func record(_ run: UInt64) throws -> Record? {
        let bytes = try TestFiles.read(path(run)).dropFirst(MemoryLayout<runner_claim>.size)
        return bytes.isEmpty ? nil : try Record(Array(bytes))
    }

    /// Waits for the record of a run, and for the end of its supervisor.
    func ended(_ run: UInt64) async throws -> Record {
        var found: Record?
        try await eventually("run \(run) has a record") {
            found = isHeld(run) ? nil : try record(run)
            return found != nil
        }
        guard let found else { throw SystemFailure("no record") }
        return found
    }
}

/// A run's record with what stands in it of the streams.
struct Record {
    let facts: runner_record
    let output: String
    let error: String

    init(_ bytes: [UInt8]) throws {
        let size = MemoryLayout<runner_record>.size
        guard bytes.count >= size + 8 else { throw SystemFailure("short record: \(bytes.count)") }
        facts = bytes.withUnsafeBytes { $0.loadUnaligned(as: runner_record.self) }
        let middle = size + Int(facts.output.inline_count)
        let end = middle + Int(facts.error.inline_count)
        let sum = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self) }
        guard facts.magic == RUNNER_RECORD_MAGIC, bytes.count == end + 8, runner_checksum(bytes, UInt64(end), 0) == sum
        else { throw SystemFailure("torn record") }
        output = String(decoding: bytes[size..<middle], as: UTF8.self)
        error = String(decoding: bytes[middle..<end], as: UTF8.self)
    }

    var ending: runner_ending { runner_ending(facts.ending) }
}
