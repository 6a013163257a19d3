import CRunner
internal import CommandCatalog
import Files
import Glibc

extension RunFile {
    /// The runs of a runtime directory that have files, with when these were changed last.
    static func all(in runtime: String) -> [(file: RunFile, changed: Timestamp)] {
        let path = "\(runtime)/\(RUNNER_RUNS)"
        let names = (try? FileTree.names(in: path)) ?? []
        return names.compactMap { name in
            var status = stat()
            guard name.utf8.count == 16, let run = UInt64(name, radix: 16), stat("\(path)/\(name)", &status) == 0 else {
                return nil
            }
            let changed = Timestamp(seconds: Int64(status.st_mtim.tv_sec))
            return (RunFile(runtime: runtime, run: RunID(rawValue: run)), changed)
        }
    }
}
