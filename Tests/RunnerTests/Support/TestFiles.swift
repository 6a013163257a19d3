import Glibc
import TestSupport

/// Files and processes as the tests look at them.
enum TestFiles {
    static func read(_ path: String) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SystemFailure("open \(path)", errno) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count <= 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    static func text(_ path: String) throws -> String { String(decoding: try read(path), as: UTF8.self) }

    static func names(_ path: String) throws -> [String] {
        guard let directory = opendir(path) else { throw SystemFailure("opendir \(path)", errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Whether a process is there and is no zombie.
    static func isAlive(_ pid: pid_t) -> Bool { state(pid).map { $0 != "Z" } ?? false }

    static func state(_ pid: pid_t) -> Character? {
        guard let text = try? text("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return nil }
        return text[end...].dropFirst(2).first
    }

    /// The processes that have a word on their command line.
    static func processes(with word: String) throws -> [pid_t] {
        try names("/proc").compactMap { pid_t($0) }.filter { pid in
            isAlive(pid) && ((try? text("/proc/\(pid)/cmdline"))?.contains(word) ?? false)
        }
    }

    /// Children of a process that were not reaped.
    static func zombies(of parent: pid_t) throws -> Int {
        try names("/proc").compactMap { pid_t($0) }.filter { pid in
            guard let text = try? text("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return false }
            let fields = text[end...].split(separator: " ")
            return fields.count > 2 && fields[1] == "Z" && pid_t(fields[2]) == parent
        }.count
    }
}
