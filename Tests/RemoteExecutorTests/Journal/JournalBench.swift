import CommandCatalog
import Glibc
import TestSupport

@testable import RemoteExecutor

/// A directory with a journal, which can be closed and opened again.
final class JournalBench {
    let directory: TemporaryDirectory
    let limits: Journal.Limits
    /// The wall clock; tests move it.
    var now = Timestamp(seconds: 1_800_000_000)

    init(_ limits: Journal.Limits = Journal.Limits(ballast: 4096)) throws {
        directory = try TemporaryDirectory()
        self.limits = limits
    }

    var path: String { directory.path("journal.sqlite") }

    func open() throws -> Journal {
        try Journal(directory: directory.path, limits: limits, now: now)
    }

    /// A task whose digest, id and texts follow from its number.
    func task(_ number: Int64, payload: Int = 20, run: UInt64? = nil, keepUntil: Timestamp? = nil) -> Journal.Acceptance
    {
        Journal.Acceptance(
            number: number, digest: digest(number), taskID: "\(number)",
            payload: [UInt8](repeating: 120, count: payload),
            commandTopic: "recovery/web01/command", broker: "localhost:1883", accepted: now, keepUntil: keepUntil,
            run: run, boot: "boot-1")
    }

    func digest(_ number: Int64) -> TaskDigest {
        let bytes = (0..<32).map { UInt8(truncatingIfNeeded: (number &+ Int64($0)) &* 167 >> (Int64($0) % 8)) }
        guard let digest = TaskDigest(bytes: bytes) else { preconditionFailure("32 bytes are a digest") }
        return digest
    }

    func finish(_ message: String = "done\n", code: Int = 0) -> Journal.Finish {
        Journal.Finish(
            code: code, state: "finished", message: message, detail: Array("{}".utf8), finished: now, started: nil)
    }

    /// Accepts tasks and brings them to their end.
    func announce(_ numbers: ClosedRange<Int64>, in journal: Journal, message: String = "done\n") throws {
        for number in numbers {
            try journal.commit([.accepted(task(number))], now: now)
            try journal.commit([.finished(number: number, finish(message)), .announced(number: number)], now: now)
        }
    }

    func size(of name: String) -> Int? {
        var status = stat()
        return lstat(directory.path(name), &status) == 0 ? Int(status.st_size) : nil
    }

    func mode(of name: String) -> UInt32? {
        var status = stat()
        return lstat(directory.path(name), &status) == 0 ? status.st_mode & 0o7777 : nil
    }
}
