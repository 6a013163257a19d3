import CRunner
import CommandCatalog
import Glibc

/// The file that a run leaves in the runtime directory: its claim, and at the end its record.
///
/// The runner makes it with O_EXCL before it forks the supervisor, which holds its lock for life. So whoever finds it
/// knows whether the run was ever started, whether it goes on, and how it ended.
struct RunFile {
    /// What the file tells.
    enum Evidence {
        /// There is no file: the run was never started.
        case none
        /// An agent made it, so that nobody could start the run any more.
        case revoked
        /// Nobody can look now: there are no descriptors, or there is no right to.
        case unreadable
        /// It is there, and says nothing yet.
        case unclaimed
        /// The supervisor lives.
        case alive(pid_t)
        /// The supervisor was killed, and nobody knows what became of the command.
        case dead
        /// It ended.
        case ended(RunOutcome)
        /// A release that we do not know wrote it.
        case foreign(version: UInt32)
    }

    private let runs: String
    let run: RunID

    /// The file of a run below this runtime directory.
    init(runtime: String, run: RunID) {
        runs = "\(runtime)/\(RUNNER_RUNS)"
        self.run = run
    }

    /// Where it is.
    var path: String { "\(runs)/\(run.marker)" }

    /// The spool file of a stream.
    func spool(_ stream: OutputStream) -> String { path + stream.ending }

    /// Looks at it, and at whether somebody holds its lock.
    ///
    /// - Parameters:
    ///   - limit: How many bytes of each stream are kept for the answer.
    ///   - command: For the text of a failure to start.
    /// - Returns: What it tells.
    func evidence(limit: Int, command: Command?) -> Evidence {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return errno == ENOENT ? .none : .unreadable }
        defer { close(file) }
        let isHeld = isLocked(file)
        // Once the lock is free nothing is written any more.
        let content = read(file)
        guard let claim = content.claim else { return isHeld ? .alive(0) : .unclaimed }
        guard claim.version == UInt32(RUNNER_FILE) else { return .foreign(version: claim.version) }
        if claim.revoked != 0 { return .revoked }
        if isHeld { return .alive(pid_t(claim.supervisor)) }
        if let outcome = outcome(content, limit: limit, command: command) { return .ended(outcome) }
        // A supervisor says its number before it starts anything: without it nothing was started, and nothing will be.
        return claim.supervisor == 0 ? .revoked : .dead
    }

    /// How the run ended; `nil` where there is no whole record.
    func outcome(limit: Int, command: Command?) -> RunOutcome? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return outcome(read(file), limit: limit, command: command)
    }

    /// Makes the file, so that nobody can start the run any more; false where it exists.
    func revoke(boot: String) -> Bool {
        // No runner was ever here, and one may still come.
        mkdir(runs, 0o700)
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { return false }
        defer { close(file) }
        // Even an empty file keeps a runner from starting the run.
        _ = writeRevoked(file, boot: boot)
        return true
    }

    /// Takes a file over that a runner made and did not get to lock; false where it did after all.
    ///
    /// A runner that goes on after that finds the file locked, or no longer empty, and starts nothing.
    func revokeUnclaimed(boot: String) -> Bool {
        let file = open(path, O_RDWR | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        var status = stat()
        guard flock(file, LOCK_EX | LOCK_NB) == 0, fstat(file, &status) == 0, status.st_size == 0 else { return false }
        return writeRevoked(file, boot: boot)
    }

    private func writeRevoked(_ file: Int32, boot: String) -> Bool {
        var claim = runner_claim()
        claim.magic = UInt64(RUNNER_MAGIC)
        claim.version = UInt32(RUNNER_FILE)
        claim.revoked = 1
        claim.run = run.rawValue
        withUnsafeMutableBytes(of: &claim.boot) { $0.copyBytes(from: boot.utf8.prefix($0.count - 1)) }
        return withUnsafeBytes(of: &claim) { Glibc.write(file, $0.baseAddress, $0.count) == $0.count }
    }

    /// Removes it and what it spooled.
    func remove(withSpool: Bool) {
        // The file last: without it nobody would find the others.
        for stream in OutputStream.allCases where withSpool {
            unlink(spool(stream))
            unlink(spool(stream) + RUNNER_TAIL)
        }
        unlink(path)
    }

    /// Whether it spooled anything.
    var hasSpool: Bool { OutputStream.allCases.contains { access(spool($0), F_OK) == 0 } }

    private func isLocked(_ file: Int32) -> Bool {
        // Closing it gives the lock back.
        flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }
}

extension OutputStream {
    /// What the name of its spool file ends in.
    fileprivate var ending: String {
        switch self {
        case .stdout: RUNNER_STDOUT
        case .stderr: RUNNER_STDERR
        }
    }
}

// MARK: - Reading

extension RunFile {
    private struct Content {
        var bytes: [UInt8]

        var claim: runner_claim? {
            guard let claim = bytes.value(runner_claim.self, at: 0), claim.magic == UInt64(RUNNER_MAGIC) else {
                return nil
            }
            return claim
        }
    }

    /// The largest file that a supervisor writes: the claim, the record and both inline beginnings.
    private static let largest = 64 * 1024
    /// Most commands print little.
    private static let usual = 4096

    private func read(_ file: Int32) -> Content {
        let start = read(file, atMost: Self.usual)
        return start.bytes.count < Self.usual ? start : read(file, atMost: Self.largest)
    }

    private func read(_ file: Int32, atMost size: Int) -> Content {
        Content(
            bytes: [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                count = max(0, pread(file, buffer.baseAddress, buffer.count, 0))
            })
    }

    private func outcome(_ content: Content, limit: Int, command: Command?) -> RunOutcome? {
        let start = MemoryLayout<runner_claim>.size
        let text = start + MemoryLayout<runner_record>.size
        guard let claim = content.claim, claim.revoked == 0, claim.version == UInt32(RUNNER_FILE),
            let record = content.bytes.value(runner_record.self, at: start), record.magic == RUNNER_RECORD_MAGIC
        else { return nil }
        let inline = (Int(clamping: record.output.inline_count), Int(clamping: record.error.inline_count))
        guard inline.0 < Self.largest, inline.1 < Self.largest,
            let checksum = content.bytes.value(UInt64.self, at: text + inline.0 + inline.1)
        else { return nil }
        let covered = content.bytes[start..<text + inline.0 + inline.1]
        guard covered.withUnsafeBytes({ runner_checksum($0.baseAddress, UInt64($0.count), 0) }) == checksum else {
            return nil
        }
        let output = Array(content.bytes[text..<text + inline.0])
        let error = Array(content.bytes[text + inline.0..<text + inline.0 + inline.1])
        let streams = [record.output, record.error]
        return RunOutcome(
            ending: ending(record, command: command),
            stdout: kept(record.output, inline: output, .stdout, limit: limit),
            stderr: kept(record.error, inline: error, .stderr, limit: min(limit, Self.mostOfStandardError)),
            started: record.started == 0 ? nil : Timestamp(milliseconds: record.started),
            ended: Timestamp(milliseconds: record.ended), duration: .nanoseconds(Int64(clamping: record.duration)),
            maySpool: streams.contains { $0.spooled > 0 || $0.ring > 0 },
            survivors: Int(record.survivors)
        )
    }

    /// Standard error is no part of the answer unless it is asked for, so little of it does.
    static let mostOfStandardError = 16 * 1024

    private func ending(_ record: runner_record, command: Command?) -> RunOutcome.Ending {
        switch runner_ending(record.ending) {
        case RUNNER_EXITED: .exited(record.value)
        case RUNNER_SIGNALED: .signaled(record.value)
        case RUNNER_TIMED_OUT: .timedOut
        case RUNNER_CANCELLED: .cancelled
        case RUNNER_NOT_STARTED:
            .notStarted(
                StartFailure(
                    step: record.step, errno: record.value, program: command?.program ?? "",
                    directory: command?.settings.directory ?? "/"))
        default: .interrupted
        }
    }

    private func kept(_ stream: runner_stream, inline: [UInt8], _ name: OutputStream, limit: Int) -> RunOutput {
        let (count, spooled) = (Int(clamping: stream.count), Int(clamping: stream.spooled))
        if inline.count == count { return RunOutput(inline, limit: limit) }
        // The beginning stands in the record or in the spool; where that is not all, the end stands in the ring.
        let held = inline.isEmpty ? min(spooled, count) : inline.count
        let part = { (place: Int, size: Int) in
            inline.isEmpty
                ? Self.bytes(of: spool(name), at: place, count: size) : Array(inline.dropFirst(place).prefix(size))
        }
        let first = min(held, count > limit ? limit / 2 : count)
        let start = count > limit ? count - (limit - limit / 2) : first
        var tail = ring(stream, name, last: count - max(held, start))
        // Without a gap between them: what the ring has overwritten is missing.
        if tail.count == count - max(held, start), start < held { tail = part(start, held - start) + tail }
        return RunOutput(
            count: count, firstBytes: part(0, first), lastBytes: tail, fetchable: inline.isEmpty ? held : first)
    }

    /// The end of a stream that was longer than its spool: byte n stands at n modulo the size of the ring.
    private func ring(_ stream: runner_stream, _ name: OutputStream, last: Int) -> [UInt8] {
        let (count, size) = (Int(clamping: stream.count), Int(clamping: stream.ring))
        let wanted = min(last, size)
        guard wanted > 0 else { return [] }
        let start = (count - wanted) % size
        let path = spool(name) + RUNNER_TAIL
        let untilWrap = min(wanted, size - start)
        return Self.bytes(of: path, at: start, count: untilWrap)
            + Self.bytes(of: path, at: 0, count: wanted - untilWrap)
    }

    /// How many bytes a file has; 0 where there is none.
    static func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Up to `count` bytes of a file from an offset; fewer where there are no more.
    static func bytes(of path: String, at offset: Int, count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(file, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
                guard got > 0 else { return }
                filled += got
            }
        }
    }
}

extension [UInt8] {
    /// The C structure that stands at this place; `nil` where the bytes end before it does.
    func value<Value: BitwiseCopyable>(_ type: Value.Type, at offset: Int) -> Value? {
        guard offset >= 0, count - offset >= MemoryLayout<Value>.size else { return nil }
        return withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) }
    }
}

extension Timestamp {
    /// An instant given in milliseconds since the epoch.
    init(milliseconds: UInt64) {
        self.init(nanoseconds: Int64(clamping: milliseconds) &* 1_000_000)
    }
}

extension Command {
    /// What is executed, for a message about why it was not.
    var program: String {
        switch invocation {
        case .program(let words): words.first ?? ""
        case .shell, .plain: "/bin/sh"
        }
    }
}
