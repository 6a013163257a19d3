import Glibc

/// Whether the memory of a program that crashes is left in a file.
public enum CoreDumps {
    /// Whether this machine makes any, tried with a program that does not mind; else a test of them proves nothing.
    public static let areMade: Bool = {
        guard let directory = try? TemporaryDirectory(),
            let program = try? ChildProgram(
                ["/bin/sh", "-c", "cd '\(directory.path)'; exec /bin/sleep 60"], output: STDERR_FILENO)
        else { return false }
        while program.words != "/bin/sleep 60 " { usleep(1000) }
        return (try? isLeft(by: program)) ?? false
    }()

    /// For the environment of a program: where a toolchain is, one that was not built to stand alone catches its crash, and
    /// waits for ever for threads that block all signals.
    public static let noBacktracer = "SWIFT_BACKTRACE=enable=no"

    /// Lifts the program's limit, has it crash, and waits for its end.
    public static func isLeft(by program: ChildProgram) throws -> Bool {
        try ChildProgram.run("/usr/bin/prlimit", "--pid", "\(program.identifier)", "--core=unlimited")
        program.send(SIGABRT)
        guard program.hasEnded(within: .seconds(60)) else {
            program.end(SIGKILL)
            throw SystemFailure("it goes on after the signal; start it with \(noBacktracer)")
        }
        let status = program.wait()
        guard status & 0x7F == SIGABRT else { throw SystemFailure("it ended with \(status), and not by the signal") }
        return status & 0x80 != 0
    }
}

extension ChildProgram {
    /// What it was started with, as /proc tells.
    fileprivate var words: String {
        let file = open("/proc/\(identifier)/cmdline", O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        return String(decoding: readToEnd(file), as: UTF8.self).replacing("\0", with: " ")
    }
}
