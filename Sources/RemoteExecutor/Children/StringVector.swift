import Glibc

/// A vector of C strings as `execve` takes it, in memory that is used again and again.
///
/// The strings lie one behind the other in one block, so that a command costs no allocation once the block is large
/// enough.
final class StringVector {
    private var bytes: UnsafeMutablePointer<CChar>
    private var capacity: Int
    private var count = 0
    private var starts: [Int] = []
    private var table: UnsafeMutablePointer<UnsafePointer<CChar>?>
    private var tableCapacity: Int

    init() {
        // Enough for the environment and arguments of nearly every command.
        capacity = 1024
        tableCapacity = 32
        bytes = .allocate(capacity: capacity)
        table = .allocate(capacity: tableCapacity)
    }

    deinit {
        bytes.deallocate()
        table.deallocate()
    }

    /// Forgets the strings and keeps the memory.
    func removeAll() {
        count = 0
        starts.removeAll(keepingCapacity: true)
    }

    /// Adds the concatenation of the parts as one string; false where it contains NUL and so cannot be a C string.
    func append(_ parts: String...) -> Bool {
        starts.append(count)
        for var part in parts where !part.withUTF8(appendBytes) {
            return false
        }
        reserve(1)
        bytes[count] = 0
        count += 1
        return true
    }

    /// The strings, ended by `nil`; valid until the vector is changed.
    func pointers() -> UnsafePointer<UnsafePointer<CChar>?> {
        if starts.count >= tableCapacity {
            table.deallocate()
            tableCapacity = starts.count * 2
            table = .allocate(capacity: tableCapacity)
        }
        for (index, start) in starts.enumerated() {
            (table + index).initialize(to: UnsafePointer(bytes + start))
        }
        (table + starts.count).initialize(to: nil)
        return UnsafePointer(table)
    }

    private func appendBytes(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let base = text.baseAddress, !text.isEmpty else { return true }
        guard memchr(base, 0, text.count) == nil else { return false }
        reserve(text.count)
        memcpy(bytes + count, base, text.count)
        count += text.count
        return true
    }

    private func reserve(_ additional: Int) {
        guard count + additional > capacity else { return }
        capacity = max(capacity * 2, count + additional)
        let larger = UnsafeMutablePointer<CChar>.allocate(capacity: capacity)
        memcpy(larger, bytes, count)
        bytes.deallocate()
        bytes = larger
    }
}
