internal import CommandCatalog
internal import Compression
internal import Files
import Glibc
internal import Synchronization

/// What commands printed beyond what their answers hold, compressed, in the state directory.
///
/// One file for each stream that was long enough, named by the task's number: `output/17.stdout.gz`. What is beyond
/// the bound goes, oldest first.
final class OutputArchive: Sendable {
    /// What is counted.
    struct Counters: Sendable {
        /// Bytes on the disk.
        var bytes = 0
        /// Streams that gave way to newer ones, since the start.
        var removed = 0
        /// Streams that could not be kept, since the start.
        var lost = 0
    }

    fileprivate struct State {
        /// Sizes by file name, and the names in the order of the tasks.
        var sizes: [String: Int] = [:]
        var order: [(number: Int64, name: String)] = []
        var counters = Counters()
        /// The runs whose output waits for its turn, or is being compressed.
        var taking: Set<RunID> = []
        /// What waits, in order.
        var jobs: [Job] = []
        /// How much that is.
        var waitingBytes = 0
        var isWorking = false
    }

    /// The output of a run that is to be kept.
    fileprivate struct Job {
        let file: RunFile
        let number: Int64
        let streams: [OutputStream]
        let bytes: Int
    }

    private let directory: String
    private let bounds: OutputBounds
    private let state = Mutex(State())

    /// Opens or makes the directory `output` below the state directory.
    init(directory: String, bounds: OutputBounds) {
        self.directory = "\(directory)/output"
        self.bounds = bounds
        // Where it cannot be made, nothing is kept, which is counted; the agent goes on.
        mkdir(self.directory, 0o700)
        readDirectory()
    }

    var counters: Counters { state.withLock { $0.counters } }

    /// Takes over what a run left in the runtime directory and removes it there.
    ///
    /// - Parameters:
    ///   - file: What it left.
    ///   - number: Of its task.
    ///   - maySpool: False where there is known to be nothing to keep.
    func take(_ file: RunFile, of number: Int64, maySpool: Bool = true) {
        guard maySpool, file.hasSpool else { return file.remove(withSpool: false) }
        let streams = OutputStream.allCases.filter { access(file.spool($0), F_OK) == 0 }
        let bytes = streams.reduce(0) { $0 + RunFile.size(of: file.spool($1)) }
        let (isFirst, lost) = state.withLock { state in
            state.taking.insert(file.run)
            state.jobs.append(Job(file: file, number: number, streams: streams, bytes: bytes))
            state.waitingBytes += bytes
            let lost = state.dropOldest(beyond: bounds.mostOfAll)
            defer { state.isWorking = true }
            return (!state.isWorking, lost)
        }
        for job in lost { remove(job) }
        if isFirst { Task.detached(priority: .background) { await self.work() } }
    }

    /// Compresses what waits, one after the other: however many commands end at once, it takes one descriptor and one core.
    private func work() async {
        while let job = state.withLock({ $0.next() }) {
            for stream in job.streams {
                await keep(job.file.spool(stream), as: "\(job.number).\(stream.rawValue).gz", job.number)
            }
            remove(job)
        }
    }

    private func remove(_ job: Job) {
        job.file.remove(withSpool: true)
        state.withLock { _ = $0.taking.remove(job.file.run) }
    }

    /// Whether the output of a run is being compressed now.
    func isTaking(_ run: RunID) -> Bool { state.withLock { $0.taking.contains(run) } }

    /// A part of what a task's command printed, and how much there is; `nil` where nothing is kept of that stream.
    func bytes(
        of number: Int64, _ stream: OutputStream, at offset: Int, count: Int
    ) throws(GzipError) -> (bytes: [UInt8], total: Int)? {
        let name = "\(number).\(stream.rawValue).gz"
        guard state.withLock({ $0.sizes[name] != nil }) else { return nil }
        let path = "\(directory)/\(name)"
        return (try GzipReader.bytes(of: path, at: offset, count: count), try GzipReader.size(of: path))
    }

    /// Piece by piece, so that nobody else on the same thread waits for long.
    private func keep(_ spool: String, as name: String, _ number: Int64) async {
        let (path, pieceSize) = ("\(directory)/\(name)", 64 * 1024)
        do throws(GzipError) {
            var writer = try GzipWriter(path + ".part")
            var offset = 0
            while true {
                let piece = RunFile.bytes(of: spool, at: offset, count: pieceSize)
                if piece.isEmpty { break }
                try writer.write(piece)
                offset += piece.count
                await Task.yield()
            }
            try writer.finish()
            guard rename(path + ".part", path) == 0 else {
                throw GzipError(description: "cannot rename \(path).part: \(String(cString: strerror(errno)))")
            }
            add(name, number)
        } catch {
            unlink(path + ".part")
            state.withLock { $0.counters.lost += 1 }
        }
    }

    private func add(_ name: String, _ number: Int64) {
        var status = stat()
        guard stat("\(directory)/\(name)", &status) == 0 else { return }
        let size = Int(status.st_size)
        state.withLock { state in
            // A command that was run again replaces what its first run printed.
            state.counters.bytes -= state.sizes[name] ?? 0
            state.order.removeAll { $0.name == name }
            state.sizes[name] = size
            let index = state.order.firstIndex { $0.number > number } ?? state.order.endIndex
            state.order.insert((number, name), at: index)
            state.counters.bytes += size
            while state.counters.bytes > bounds.mostOfAll, !state.order.isEmpty {
                let oldest = state.order.removeFirst().name
                state.counters.bytes -= state.sizes.removeValue(forKey: oldest) ?? 0
                state.counters.removed += 1
                unlink("\(directory)/\(oldest)")
            }
        }
    }

    private func readDirectory() {
        for name in (try? FileTree.names(in: directory)) ?? [] {
            if name.hasSuffix(".part") { unlink("\(directory)/\(name)") }
            if name.hasSuffix(".gz"), let number = name.split(separator: ".").first.flatMap({ Int64($0) }) {
                add(name, number)
            }
        }
    }
}

extension OutputArchive.State {
    /// The next that waits; `nil`: nothing does, and who asked must not go on.
    fileprivate mutating func next() -> OutputArchive.Job? {
        guard !jobs.isEmpty else {
            isWorking = false
            return nil
        }
        let job = jobs.removeFirst()
        waitingBytes -= job.bytes
        return job
    }

    /// Takes out the oldest that wait, until the others are no more than this; the newest stays in any case.
    fileprivate mutating func dropOldest(beyond most: Int) -> [OutputArchive.Job] {
        var dropped: [OutputArchive.Job] = []
        while waitingBytes > most, jobs.count > 1 {
            let job = jobs.removeFirst()
            waitingBytes -= job.bytes
            counters.lost += job.streams.count
            dropped.append(job)
        }
        return dropped
    }
}
