import Glibc
import TestSupport

/// What is below a directory.
enum FileListing {
    /// The paths of all files and directories, links not followed.
    static func below(_ path: String) throws -> [String] {
        guard let directory = opendir(path) else { throw SystemFailure("opendir \(path)", errno) }
        defer { closedir(directory) }
        var found: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name != ".", name != ".." else { continue }
            found.append("\(path)/\(name)")
            if entry.pointee.d_type == UInt8(DT_DIR) { found += try below("\(path)/\(name)") }
        }
        return found
    }
}
