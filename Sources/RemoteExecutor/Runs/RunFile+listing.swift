import CRunner
internal import CommandCatalog
import Glibc

extension RunFile {
    /// The runs of a runtime directory that have files, with when these were changed last.
    static func all(in runtime: String) -> [(file: RunFile, changed: Timestamp)] {
        let path = "\(runtime)/\(RUNNER_RUNS)"
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var files: [(RunFile, Timestamp)] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            var status = stat()
            guard name.utf8.count == 16, let run = UInt64(name, radix: 16), stat("\(path)/\(name)", &status) == 0 else {
                continue
            }
            let changed = Timestamp(seconds: Int64(status.st_mtim.tv_sec))
            files.append((RunFile(runtime: runtime, run: RunID(rawValue: run)), changed))
        }
        return files
    }
}
