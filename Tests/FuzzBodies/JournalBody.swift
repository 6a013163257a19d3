import CommandCatalog
import Glibc
import JSON
import RemoteExecutor

/// A journal that is damaged is refused or read; what is read of its rows is looked at as an agent looks at it.
enum JournalBody {
    private static let directory: String = {
        let path = "\(FuzzDirectory.path)/state"
        require(mkdir(path, 0o700) == 0 || errno == EEXIST, "mkdir \(path)")
        return path
    }()

    static func run(_ bytes: [UInt8]) {
        for name in ["journal.sqlite-wal", "journal.sqlite-shm"] { unlink("\(directory)/\(name)") }
        _ = FuzzDirectory.write(bytes, to: "state/journal.sqlite")
        let report = StateReport(directory: directory)
        require(report.verdict == .sound || !report.problems.isEmpty, "a verdict has its reasons")
        for row in JournalRow.all(in: directory, now: Timestamp(seconds: 1_795_248_000)) {
            if let message = try? TaskMessage(row.payload) { _ = message.digest }
            guard let detail = row.detail, let text = try? JSONText(detail, allowsNUL: true) else { continue }
            if let result = TaskResult(json: text.value) { require(!result.json.bytes.isEmpty, "a result is written") }
        }
    }
}
