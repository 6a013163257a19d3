import Glibc
import TestSupport

/// An `strace` attached to a process or thread; it can also make faults at its system calls.
final class Strace: Sendable {
    private let directory: TemporaryDirectory
    private let child: ChildProgram

    /// Attaches, and waits until it is.
    ///
    /// - Parameters:
    ///   - identifier: A process, or one thread of it.
    ///   - follows: Whether its other threads and its children are traced too.
    ///   - calls: What is written down, as `-e trace=` has it.
    ///   - inject: The faults, each as `-e inject=` has it.
    ///   - flags: What it tells besides.
    /// - Throws: It could not attach.
    init(_ identifier: pid_t, follows: Bool, calls: String, inject: [String] = [], flags: [String] = []) async throws {
        directory = try TemporaryDirectory()
        let said = open(directory.path("said"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        defer { close(said) }
        child = try ChildProgram(
            ["/usr/bin/strace", "-Y"] + flags + ["-o", directory.path("trace"), "-e", "trace=\(calls)"]
                + (follows ? ["-f"] : []) + inject.flatMap { ["-e", "inject=\($0)"] }
                + ["-p", "\(identifier)"],
            output: said)
        // The kernel calls it the tracer before it has stopped anybody, so before a fault can be made; it says so after.
        try await eventually("strace is attached to \(identifier)") {
            text("said").contains(" attached") || Processes.text("/proc/\(identifier)/status").isEmpty
        }
        // All threads, not only the first, which is attached first.
        if follows {
            try await eventually("strace is attached to every thread") {
                Processes.threads(of: identifier).allSatisfy {
                    !Processes.text("/proc/\(identifier)/task/\($0.identifier)/status").contains("TracerPid:\t0\n")
                }
            }
        }
    }

    /// Lets its process go.
    func detach() { child.end(SIGTERM) }

    /// What it wrote down so far.
    var lines: [Substring] { text("trace").split(separator: "\n") }

    private func text(_ name: String) -> String { (try? directory.text(of: name)) ?? "" }

    /// Whether somebody that it traces was killed.
    var hasKilled: Bool { lines.contains { $0.contains("+++ killed by SIGKILL") } }

    /// What happened: who made which call, who was made by whom, who was killed.
    var story: TraceStory { TraceStory(lines) }
}

/// What the lines of a trace with `-f -Y` say.
struct TraceStory {
    /// One call.
    struct Call: Hashable {
        let thread: pid_t
        let name: String
        let call: String
    }

    var calls: [Call] = []
    /// Who made whom.
    var parents: [pid_t: pid_t] = [:]
    /// Who was killed, with its name.
    var killed: [pid_t: String] = [:]

    /// Reads the lines.
    init(_ lines: [Substring]) {
        for line in lines {
            guard let match = line.prefixMatch(of: #/(\d+)<([^>]*)> /#), let thread = pid_t(match.1) else { continue }
            let rest = line[match.range.upperBound...]
            if rest.hasPrefix("+++ killed by SIGKILL") { killed[thread] = String(match.2) }
            let isResumed = rest.hasPrefix("<...")
            guard let call = rest.prefixMatch(of: #/(?:<\.\.\. )?([a-z_0-9]+)/#)?.1 else { continue }
            if call.contains("fork") || call.hasPrefix("clone"), let child = rest.firstMatch(of: #/= (\d+)/#)?.1 {
                parents[pid_t(child) ?? 0] = thread
            }
            if !isResumed, rest.dropFirst(call.count).hasPrefix("(") {
                calls.append(Call(thread: thread, name: String(match.2), call: String(call)))
            }
        }
    }
}
