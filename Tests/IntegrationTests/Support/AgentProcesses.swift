import Glibc

/// The processes of an agent, found by its runtime directory.
enum AgentProcesses {
    /// Those that were started with it: agent, runner and supervisors.
    static func all(runtime: String) -> [pid_t] {
        identifiers.filter { words(of: $0).contains(Substring(runtime)) && !isDead($0) }
    }

    /// These and all that they started.
    static func withDescendants(runtime: String) -> [pid_t] {
        var found = Set(all(runtime: runtime))
        let parents = identifiers.map { ($0, parent(of: $0)) }
        var count = 0
        while count != found.count {
            count = found.count
            for (process, parent) in parents where found.contains(parent) { found.insert(process) }
        }
        return Array(found)
    }

    private static var identifiers: [pid_t] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var identifiers: [pid_t] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let identifier = pid_t(name) { identifiers.append(identifier) }
        }
        return identifiers
    }

    private static func words(of process: pid_t) -> [Substring] {
        content("/proc/\(process)/cmdline").split(separator: "\0")
    }

    /// State and parent are behind the name, which may hold anything.
    private static func status(of process: pid_t) -> [Substring] {
        let text = content("/proc/\(process)/stat")
        return text.lastIndex(of: ")").map { text[$0...].split(separator: " ").dropFirst() }.map(Array.init) ?? []
    }

    private static func isDead(_ process: pid_t) -> Bool { status(of: process).first == "Z" }

    private static func parent(of process: pid_t) -> pid_t {
        status(of: process).dropFirst().first.flatMap { pid_t($0) } ?? 0
    }

    /// What a file of /proc says, up to 4096 bytes.
    static func content(_ path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        let bytes = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            count = max(0, read(file, buffer.baseAddress, buffer.count))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
