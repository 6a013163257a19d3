internal import Files
internal import Glibc

/// The files of an audit: `audit.log`, and the older `audit.log.1`, `audit.log.2` … beside it.
public struct AuditFiles: Sendable, Equatable {
    /// The file that is written now.
    public let path: String

    /// The files around this one.
    public init(_ path: String) {
        self.path = path
    }

    /// Those that exist, the oldest first.
    public var existing: [String] { older.map(name).reversed() + (FileTree.isThere(path) ? [path] : []) }

    /// The numbers of the older ones that exist, the youngest first.
    var older: [Int] {
        let prefix = FileTree.lastName(of: path) + "."
        let names = (try? FileTree.names(in: FileTree.parent(of: path))) ?? []
        return names.compactMap { name in
            guard name.utf8.starts(with: prefix.utf8), let number = Int(name.dropFirst(prefix.count)), number > 0,
                "\(prefix)\(number)" == name
            else { return nil }
            return number
        }.sorted()
    }

    func name(_ number: Int) -> String { "\(path).\(number)" }

    /// Puts the file aside.
    ///
    /// Those before the first free number move up, and none goes, so that a crash on the way costs nothing.
    ///
    /// - Returns: What the system said where it failed; then the file is still in its place.
    func putAside() -> CInt {
        var free = 1
        while FileTree.isThere(name(free)) { free += 1 }
        for number in stride(from: free, to: 1, by: -1) where rename(name(number - 1), name(number)) != 0 {
            return errno
        }
        return rename(path, name(1)) == 0 ? 0 : errno
    }

    /// Removes the oldest files, so that so many stay; only after a line says which is the oldest that is kept.
    func removeOldest(keeping kept: Int) {
        // The oldest first, so that a crash on the way leaves no hole.
        for number in older.reversed() where number > kept { unlink(name(number)) }
    }

    /// The last line of the older files.
    func lastOfOlder() throws(AuditError) -> AuditLink? {
        for number in older {
            let descriptor = open(name(number), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            guard descriptor >= 0 else { throw AuditError(name(number), "cannot be opened: \(reason(errno))") }
            defer { close(descriptor) }
            if let last = Self.tail(of: descriptor, size: Int(lseek(descriptor, 0, SEEK_END))).last { return last }
        }
        return nil
    }

    /// The number of the first line of the oldest of the older files, of which so many are kept.
    func firstOfOlder(keeping kept: Int) -> Int64? {
        guard let oldest = older.last(where: { $0 <= kept }) else { return nil }
        return (try? Self.first(of: name(oldest)))?.sequence
    }

    /// The line with a number, and the one behind it; only the file that must hold it is read through.
    ///
    /// - Returns: `nil` for what is not there.
    func line(_ sequence: Int64) throws(AuditError) -> (found: AuditLink?, next: AuditRecord?) {
        var (found, next): (AuditLink?, AuditRecord?)
        for file in existing.reversed() {
            guard let first = try Self.first(of: file) else { continue }
            guard first.sequence <= sequence else {
                next = first
                continue
            }
            var reader = try LineReader(file)
            while let line = try reader.next() {
                guard let record = AuditRecord(line.bytes) else { continue }
                if record.sequence > sequence { return (found, record) }
                if record.sequence == sequence, found == nil { found = AuditLink(sequence: sequence, line: line.bytes) }
            }
            break
        }
        return (found, next)
    }

    /// The first line of a file.
    private static func first(of file: String) throws(AuditError) -> AuditRecord? {
        var reader = try LineReader(file)
        while let line = try reader.next() {
            if let record = AuditRecord(line.bytes) { return record }
        }
        return nil
    }

    /// The end of a file; all of it is read only where its end is damaged.
    static func tail(of descriptor: CInt, size: Int) -> AuditTail {
        let window = min(size, 65_536)
        let tail = AuditTail(
            of: Descriptor.read(descriptor, from: size - window, count: window), isWhole: window == size)
        guard tail.last == nil, window < size else { return tail }
        return AuditTail(of: Descriptor.read(descriptor, from: 0, count: size), isWhole: true)
    }
}
