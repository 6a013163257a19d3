import CRunner
import CommandCatalog
import Glibc

/// Files of runs that nobody asks for any more: revoked ones, and those whose agent died before it removed them.
extension RunLoop {
    /// A file that is younger may still be somebody's, and so may one that was revoked while a runner had the order to
    /// start it before its eyes: that one has been seen by then.
    static let leastAge = Duration.seconds(5)
    /// Between two looks at the directory.
    static let cleaningInterval = Duration.seconds(30)

    /// Removes what is not wanted, if it is time to.
    func cleanIfDue() {
        guard link.isReady, clock.now >= nextCleaning else { return }
        nextCleaning = clock.now + Self.cleaningInterval
        let oldest = Timestamp.now + (.zero - Self.leastAge)
        for (run, changed) in files() where runs[id: run] == nil && !handlers.isWanted(run) {
            guard changed < oldest else {
                nextCleaning = clock.now + Self.leastAge
                continue
            }
            let file = RunFile(runtime: runtime, run: run)
            if case .alive = file.evidence(limit: 0, command: nil) { continue }
            file.remove(withSpool: true)
        }
    }

    /// The runs that have files, with when these were changed last.
    private func files() -> [(RunID, Timestamp)] {
        let path = "\(runtime)/\(RUNNER_RUNS)"
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var files: [(RunID, Timestamp)] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            var status = stat()
            guard name.utf8.count == 16, let run = UInt64(name, radix: 16), stat("\(path)/\(name)", &status) == 0 else {
                continue
            }
            files.append((RunID(rawValue: run), Timestamp(seconds: Int64(status.st_mtim.tv_sec))))
        }
        return files
    }
}
