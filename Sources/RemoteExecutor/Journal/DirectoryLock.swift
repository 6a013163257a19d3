import Glibc

/// The lock of a state directory: one agent holds it for its life, and the system releases it.
struct DirectoryLock: ~Copyable, Sendable {
    private let file: CInt

    /// Takes the lock.
    ///
    /// - Throws: Another agent has it.
    init(directory: String) throws(JournalError) {
        let path = directory + "/agent.lock"
        // Close-on-exec: no child keeps the lock of an agent that is gone.
        let opened = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw StateFile.failure(path, "the directory cannot be locked") }
        if let error = Self.lock(opened, directory) {
            close(opened)
            throw error
        }
        file = opened
        // The number is for people only; the lock holds where a full disk has no room for it.
        let text = "\(getpid())\n"
        _ = ftruncate(file, 0)
        _ = pwrite(file, text, text.utf8.count, 0)
    }

    deinit { close(file) }

    // Half a second in all: a child that a killed agent was just starting holds the lock until it is executed.
    private static let tries = 25
    private static let pause: useconds_t = 20_000

    private static func lock(_ file: CInt, _ directory: String) -> JournalError? {
        for _ in 0..<tries {
            guard flock(file, LOCK_EX | LOCK_NB) != 0 else { return nil }
            guard errno == EWOULDBLOCK else { return StateFile.failure(directory, "cannot be locked") }
            usleep(pause)
        }
        let holder = holder(file)
        let process = holder.map { "process \($0)" } ?? "a process that has not said its number"
        return JournalError(.inUse(pid: holder), directory, "is in use by \(process); one agent per state directory")
    }

    private static func holder(_ file: CInt) -> Int32? {
        let bytes = [UInt8](unsafeUninitializedCapacity: 16) { buffer, count in
            count = max(0, pread(file, buffer.baseAddress, 16, 0))
        }
        return Int32(String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}
