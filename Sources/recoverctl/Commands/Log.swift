import ArgumentParser
import Audit
import CommandCatalog
import Escaping
import Glibc
import JSON

/// `recoverctl log`: who asked for what, and what was decided.
struct Log: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the audit: who asked for what, what was decided, and why; the oldest first.")

    @OptionGroup var audit: AuditFlags
    @Option(help: "From when on: a time such as 2026-11-21T08:00:00Z, or a duration before now, such as 2d.")
    var since: String?
    @Option(help: "Until when, in the same form; that moment does not belong to it.")
    var until: String?
    @Option(help: "Only this host.")
    var host: String?
    @Option(help: "Only what was signed with this key.")
    var by: String?
    @Option(help: "Only this service.")
    var service: String?
    @Option(help: "Only the task with this id; a text of digits in quotes, as JSON has it.")
    var task: String?
    @Option(help: "Only such events: accepted, refused, started, finished, config, keys, agent-started …")
    var event: String?
    @OptionGroup var format: FormatFlags

    func run() throws {
        let (query, files) = (try query(at: .now), audit.files)
        guard !files.existing.isEmpty else { throw AuditSheet.noAudit(files) }
        let youngest = FileIdentity(files.path)
        var lines = LogWriter(format.format)
        let damaged: Int
        do throws(AuditError) {
            damaged = try files.forEachRecord(query) { lines.add($0) }
        } catch {
            lines.finish(damaged: 0)
            throw Failure(.configuration, error.description)
        }
        lines.finish(damaged: damaged)
        if youngest != FileIdentity(files.path) {
            Output.complain("warning: files were put aside while they were read, and lines may be left out; ask again")
        }
        if damaged > 0 {
            throw Failure(
                .targetFailed,
                "\(NameList.count(damaged, "line")) could not be read; recoverctl audit verify tells what happened to the audit"
            )
        }
    }

    /// What is wanted.
    func query(at now: Timestamp) throws(Failure) -> AuditQuery {
        var query = AuditQuery()
        query.since = try since.map { text throws(Failure) in try Moment.past(text, of: "--since", before: now) }
        query.until = try until.map { text throws(Failure) in try Moment.past(text, of: "--until", before: now) }
        (query.host, query.key, query.service) = (host, by, service)
        query.taskID = try task.map { text throws(Failure) in try TaskStory.id(text) }
        query.event = try event.map { text throws(Failure) in
            guard let event = AuditEntry.Event(rawValue: text) else {
                let known = AuditEntry.Event.allCases.map(\.rawValue).joined(separator: ", ")
                throw Failure(.usage, "--event: expected one of \(known), found \(text.debugDescription)")
            }
            return event
        }
        return query
    }
}

/// What tells a file from another one that took its name.
struct FileIdentity: Equatable {
    private let device: UInt
    private let number: UInt

    /// The file that has the name now; all zeros where there is none.
    init(_ path: String) {
        var status = stat()
        let isThere = lstat(path, &status) == 0
        (device, number) = isThere ? (UInt(status.st_dev), UInt(status.st_ino)) : (0, 0)
    }
}

/// Prints lines of an audit one after the other, however many there are.
struct LogWriter {
    private let format: Format
    private let write: (String) -> Bool
    private var pending = ""
    private var count = 0
    private var isOpen = true

    /// So much is written at once.
    private static let batch = 65_536

    /// A writer to standard output.
    ///
    /// - Parameters:
    ///   - format: The form.
    ///   - write: Takes what is ready; `false` when nobody reads it any more.
    init(_ format: Format, write: @escaping (String) -> Bool = Output.printText) {
        (self.format, self.write) = (format, write)
        if format == .json {
            let start: JSONObject = [
                "schema": .integer(Report.schema), "command": "log", "time": .string(Timestamp.now.description),
            ]
            pending = JSONValue.object(start).text.dropLast() + ",\"records\":["
        }
    }

    /// Adds a line; `false` when nobody reads them any more.
    mutating func add(_ record: AuditRecord) -> Bool {
        switch format {
        case .table: pending += record.text + "\n"
        case .json: pending += (count == 0 ? "" : ",") + ForeignText.escaped(JSONValue.object(record.members).text)
        case .jsonl: pending += ForeignText.escaped(Report.line(record.members)) + "\n"
        }
        count += 1
        if pending.utf8.count >= Self.batch { flush() }
        return isOpen
    }

    /// Ends the document.
    mutating func finish(damaged: Int) {
        if format == .json { pending += "],\"damaged\":\(damaged)}\n" }
        flush()
    }

    private mutating func flush() {
        if isOpen { isOpen = write(pending) }
        pending = ""
    }
}
