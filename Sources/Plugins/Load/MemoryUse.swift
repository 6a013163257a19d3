/// The memory of the system in bytes, divided as collectd's memory plugin divides it.
struct MemoryUse: Equatable {
    let free: Double
    let buffered: Double
    let cached: Double
    /// The parts of the kernel's slabs that can and cannot be reclaimed; `nil` where the kernel does not tell.
    let slab: Slab?
    /// What remains of the total.
    let used: Double

    struct Slab: Equatable {
        let reclaimable: Double
        let unreclaimable: Double
    }

    /// Reads the text of `/proc/meminfo`.
    init(_ text: String) throws {
        let values = Self.values(in: text)
        guard let total = values["MemTotal"], let free = values["MemFree"], let buffered = values["Buffers"],
            let cached = values["Cached"]
        else { throw ReadingError.unexpected(text, what: "MemTotal, MemFree, Buffers and Cached") }
        (self.free, self.buffered, self.cached) = (free, buffered, cached)
        if let reclaimable = values["SReclaimable"], let unreclaimable = values["SUnreclaim"] {
            slab = Slab(reclaimable: reclaimable, unreclaimable: unreclaimable)
        } else {
            slab = nil
        }
        // A slab may be counted twice by the kernel for a moment; less than nothing is not used.
        used = max(0, total - free - buffered - cached - (slab.map { $0.reclaimable + $0.unreclaimable } ?? 0))
    }

    /// The parts by collectd's names.
    var parts: [(name: String, bytes: Double)] {
        let common = [("used", used), ("free", free), ("buffered", buffered), ("cached", cached)]
        return common + (slab.map { [("slab_recl", $0.reclaimable), ("slab_unrecl", $0.unreclaimable)] } ?? [])
    }

    /// `MemTotal:  16318412 kB` and so on, in bytes.
    private static func values(in text: String) -> [Substring: Double] {
        text.split(separator: "\n").reduce(into: [:]) { values, line in
            let words = line.split(separator: " ")
            guard words.count >= 2, words[0].last == ":", let number = Double(words[1]) else { return }
            values[words[0].dropLast()] = number * (words.count > 2 && words[2] == "kB" ? 1024 : 1)
        }
    }
}
