/// The name of an instance: its plugin's, and its own behind a `/` where there are several.
struct InstanceKey: Sendable, Hashable {
    /// The plugin's name.
    let plugin: String
    /// The instance's own name; empty for the only one.
    let instance: String

    /// The key of a section under `Plugins`; `nil` when the instance's name is not of the form.
    init?(section: String) {
        let parts = section.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        plugin = String(parts[0])
        instance = parts.count == 2 ? String(parts[1]) : ""
        if parts.count == 2, !Self.isInstanceName(instance) { return nil }
    }

    /// The only instance of a plugin.
    init(plugin: String) {
        self.plugin = plugin
        instance = ""
    }

    /// Letters, digits, `_`, `.` and `-`, at most 64: it becomes part of metric names, logs and threads.
    private static func isInstanceName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

extension InstanceKey: CustomStringConvertible {
    /// As it stands in the configuration.
    var description: String { instance.isEmpty ? plugin : "\(plugin)/\(instance)" }

    /// As a part of a metric's name, where `/` separates parts.
    var metricName: String { instance.isEmpty ? plugin : "\(plugin)-\(instance)" }
}
