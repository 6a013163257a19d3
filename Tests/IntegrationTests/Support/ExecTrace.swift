import Glibc
import TestSupport

/// Every program that an agent, its runner and all below them execute, as `strace` sees it.
final class ExecTrace: Sendable {
    private let directory: TemporaryDirectory
    private let child: ChildProgram

    /// Attaches to processes and all their threads, and waits until it is.
    ///
    /// - Throws: It could not attach; a test without its witness proves nothing.
    init(_ processes: [pid_t]) async throws {
        directory = try TemporaryDirectory()
        let log = open(directory.path("log"), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(log) }
        child = try ChildProgram(
            ["/usr/bin/strace", "-f", "-qq", "-o", directory.path("trace"), "-e", "trace=execve,execveat"]
                + processes.flatMap { ["-p", "\($0)"] },
            output: log)
        for process in processes {
            try await eventually("strace is attached to \(process)") {
                let threads = Self.threads(of: process)
                return !threads.isEmpty && threads.allSatisfy(Self.isTraced)
            }
        }
    }

    /// Lets everybody go.
    func detach() { child.end(SIGTERM) }

    /// The calls so far.
    var calls: [String] {
        ((try? directory.text(of: "trace")) ?? "").split(separator: "\n").map(String.init)
            .filter { $0.contains("execve") }
    }

    private static func threads(of process: pid_t) -> [String] {
        guard let list = opendir("/proc/\(process)/task") else { return [] }
        defer { closedir(list) }
        var threads: [String] = []
        while let entry = readdir(list) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if pid_t(name) != nil { threads.append("/proc/\(process)/task/\(name)") }
        }
        return threads
    }

    private static func isTraced(_ thread: String) -> Bool {
        !AgentProcesses.content("\(thread)/status").contains("TracerPid:\t0\n")
    }
}
