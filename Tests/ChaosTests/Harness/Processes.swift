import Glibc

/// What /proc says of processes.
enum Processes {
    /// All that exist.
    static var all: [pid_t] { names(in: "/proc").compactMap { pid_t($0) } }

    /// The name of a process or thread: at most 15 bytes.
    static func name(_ process: pid_t) -> String {
        String(text("/proc/\(process)/comm").prefix { $0 != "\n" })
    }

    /// Its parent and the letter of its state; `nil` when it is gone.
    static func state(_ process: pid_t) -> (letter: Character, parent: pid_t)? {
        // The name before it may hold spaces and parentheses.
        let text = text("/proc/\(process)/stat")
        guard let end = text.lastIndex(of: ")") else { return nil }
        let words = text[text.index(after: end)...].split(separator: " ")
        guard words.count > 1, let letter = words[0].first, let parent = pid_t(words[1]) else { return nil }
        return (letter, parent)
    }

    /// Whether it exists and is no zombie.
    static func isAlive(_ process: pid_t) -> Bool { state(process).map { $0.letter != "Z" } ?? false }

    /// The children of a process, zombies too.
    static func children(of parent: pid_t) -> [pid_t] { all.filter { state($0)?.parent == parent } }

    /// Its threads and their names, in order of their numbers.
    static func threads(of process: pid_t) -> [(identifier: pid_t, name: String)] {
        names(in: "/proc/\(process)/task").compactMap { pid_t($0) }.sorted().map { ($0, name($0)) }
    }

    /// How many descriptors it has open.
    static func descriptors(of process: pid_t) -> Int { names(in: "/proc/\(process)/fd").count }

    /// All whose command line, environment or open files name one of some paths.
    static func naming(_ paths: [String]) -> [pid_t] {
        all.filter { process in
            guard process != getpid() else { return false }
            let texts = ["cmdline", "environ"].map { text("/proc/\(process)/\($0)") }
            if texts.contains(where: { text in paths.contains { text.contains($0) } }) { return true }
            return names(in: "/proc/\(process)/fd").contains { name in
                let target = link("/proc/\(process)/fd/\(name)")
                return paths.contains { target.hasPrefix($0) }
            }
        }
    }

    /// The entries of a directory; none if it cannot be read.
    static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// The text of a file; empty if it cannot be read.
    static func text(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 8192)
        while case let count = read(descriptor, &buffer, buffer.count), count > 0 { bytes += buffer.prefix(count) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func link(_ path: String) -> String {
        var buffer = [CChar](repeating: 0, count: 1024)
        let count = readlink(path, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
