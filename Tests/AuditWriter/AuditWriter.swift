import Audit
import CommandCatalog
import Glibc

/// Writes batches of audit lines for tests, and tells after each what is written.
///
///     audit-writer DIRECTORY            until it is killed
///     audit-writer DIRECTORY LIMIT      as on a disk that is full at LIMIT bytes of a file, and then not any more
@main
struct AuditWriter {
    static func main() throws {
        let arguments = CommandLine.arguments
        var settings = AuditSettings(path: arguments[1] + "/audit.log", headPath: arguments[1] + "/head")
        settings.largestFile = arguments.count > 2 ? 1_000_000 : 100_000
        settings.keptFiles = 1000
        settings.syncInterval = .milliseconds(20)
        var file = try AuditFile(settings, host: "web01", at: .now)
        if arguments.count > 2, let limit = UInt(arguments[2]) {
            try fill(&file, limit: limit)
        } else {
            while true {
                write(to: &file)
                usleep(500)
            }
        }
    }

    private static func fill(_ file: inout AuditFile, limit: UInt) throws {
        signal(SIGXFSZ, SIG_IGN)
        var old = rlimit()
        getrlimit(__rlimit_resource_t(1), &old)
        var low = rlimit(rlim_cur: limit, rlim_max: old.rlim_max)
        setrlimit(__rlimit_resource_t(1), &low)
        while file.lost < 20 { write(to: &file) }
        setrlimit(__rlimit_resource_t(1), &old)
        write(to: &file)
        file.sync(at: .now)
        tell("lost \(file.lost) \(file.failures)")
    }

    private static func write(to file: inout AuditFile) {
        var entries: [AuditEntry] = []
        for number in 1...10 {
            var entry = AuditEntry(.accepted, at: .now)
            entry.taskID = .integer(Int64(number))
            entry.service = "web"
            entry.command = "restart"
            entries.append(entry)
        }
        file.append(entries, at: .now)
        file.syncIfDue(at: .now)
        tell("\(file.last.sequence)")
    }

    private static func tell(_ text: String) {
        let line = Array("\(text)\n".utf8)
        _ = Glibc.write(STDOUT_FILENO, line, line.count)
    }
}
