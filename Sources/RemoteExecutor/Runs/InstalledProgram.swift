import Glibc

/// The programs that the agent needs on its host: beside its own (as the build lays them), or in `libexec/recoverd` beside
/// its directory.
enum InstalledProgram {
    /// Our own program's path; after an upgrade the place is what counts, not the file that was there.
    static let own: String = {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { return "" }
        let path = String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
        let deleted = " (deleted)"
        return path.hasSuffix(deleted) ? String(path.dropLast(deleted.count)) : path
    }()

    /// The path of a program; `nil` where it is not installed.
    static func path(of name: String) -> String? {
        let directory = own.lastIndex(of: "/").map { String(own[..<$0]) } ?? ""
        return ["\(directory)/\(name)", "\(directory)/../libexec/recoverd/\(name)"].first { access($0, X_OK) == 0 }
    }
}
