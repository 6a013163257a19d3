import Glibc
import JSON
import Synchronization
import TestSupport

/// What was sent, what ran and what was answered.
struct Ledgers: Sendable, Equatable {
    /// A task that was sent, before its first copy left.
    struct Sent: Sendable, Hashable {
        let id: String
        /// The exit status with which its command ends.
        let code: Int
    }

    /// An answer as it came.
    struct Answer: Sendable, Hashable {
        let id: String
        let code: Int
        let message: String
    }

    var sent: [Sent] = []
    /// The ids that the commands themselves wrote, in their order.
    var executed: [String] = []
    var answered: [Answer] = []
}

/// The three ledgers as files that are only appended to.
final class LedgerFiles: Sendable {
    /// Where they are.
    let directory: TemporaryDirectory
    private let sent: CInt
    private let answered: CInt

    /// Makes them, empty.
    init(in directory: TemporaryDirectory) throws {
        self.directory = directory
        sent = try Self.file(directory.path("sent"))
        answered = try Self.file(directory.path("answered"))
        close(try Self.file(directory.path("executed")))
    }

    deinit {
        close(sent)
        close(answered)
    }

    /// The file that each command appends its id to.
    var executedPath: String { directory.path("executed") }

    /// Notes a task before it is published.
    func note(_ task: Ledgers.Sent) { append("\(task.id) \(task.code)", to: sent) }

    /// Notes an answer.
    func note(_ answer: Ledgers.Answer) {
        append("\(answer.id) \(answer.code) \(JSONValue.array([.string(answer.message)]).text)", to: answered)
    }

    /// Reads all three.
    func read() throws -> Ledgers {
        var ledgers = Ledgers()
        for line in try lines("sent") {
            let words = line.split(separator: " ")
            guard words.count == 2, let code = Int(words[1]) else { throw SystemFailure("torn line: \(line)") }
            ledgers.sent.append(Ledgers.Sent(id: String(words[0]), code: code))
        }
        ledgers.executed = try lines("executed").map(String.init)
        for line in try lines("answered") {
            let words = line.split(separator: " ", maxSplits: 2)
            guard words.count == 3, let code = Int(words[1]),
                let message = try JSONText(Array(words[2].utf8), allowsNUL: true).value.array?.first?.string
            else { throw SystemFailure("torn line: \(line)") }
            ledgers.answered.append(Ledgers.Answer(id: String(words[0]), code: code, message: message))
        }
        return ledgers
    }

    private func lines(_ name: String) throws -> [Substring] {
        try directory.text(of: name).split(separator: "\n")
    }

    private func append(_ line: String, to file: CInt) {
        let bytes = Array((line + "\n").utf8)
        let count = write(file, bytes, bytes.count)
        precondition(count == bytes.count, "a ledger could not be written: errno \(errno)")
    }

    private static func file(_ path: String) throws -> CInt {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemFailure("open \(path)", errno) }
        return descriptor
    }
}
