internal import Escaping
public import CommandCatalog
public import JSON

/// One line of an audit file, as it was read.
public struct AuditRecord: Sendable, Equatable {
    /// All that the line says.
    public let members: JSONObject
    /// The number of the line.
    public let sequence: Int64
    /// The hash of the line before.
    public let previous: String
    /// When it happened.
    public let time: Timestamp

    /// Reads a line without its newline; `nil` when it is no line of an audit.
    public init?(_ line: [UInt8]) {
        guard let text = try? JSONText(line, maximumDepth: 8), let members = text.value.object,
            let sequence = members["seq"]?.integer, sequence > 0, sequence <= AuditLink.greatest,
            let previous = members["prev"]?.string, previous.utf8.count == 64,
            let time = members["time"]?.string.flatMap(Timestamp.init(rfc3339:))
        else { return nil }
        self.members = members
        self.sequence = sequence
        self.previous = previous
        self.time = time
    }

    /// What happened; `nil` for a word of a later version.
    public var event: AuditEntry.Event? { self["event"].flatMap(AuditEntry.Event.init) }

    /// A member that is a text.
    public subscript(name: String) -> String? { members[name]?.string }

    /// A member that is a whole number.
    public func number(_ name: String) -> Int64? { members[name]?.integer }

    /// `2026-11-21T07:49:18.123Z web01 refused command web/restart, by key ops (central), task 7: denied …`; one line
    /// without harmful characters.
    public var text: String {
        var text = "\(self["time"] ?? "") \(self["host"] ?? "") \(self["event"] ?? "")"
        let names = [self["service"], self["command"]].compactMap { $0 }.joined(separator: "/")
        text += [self["kind"], names].compactMap { $0 }.filter { !$0.isEmpty }.map { " \($0)" }.joined()
        if let key = self["key"] { text += ", by key \(key)" }
        if let from = self["from"] { text += " (as claimed: \(from))" }
        if let id = TaskID(members["task_id"]) { text += ", task \(id)" }
        if let missing = number("missing") { text += ", \(missing) lines" }
        let remarks = [self["verdict"], self["reason"], self["note"]].compactMap { $0 }
        if !remarks.isEmpty { text += ": \(remarks.joined(separator: "; "))" }
        if let code = number("code") { text += ", code \(code)" }
        return ForeignText.escaped(text)
    }
}

/// Which lines somebody wants to see; what is `nil` is not looked at.
public struct AuditQuery: Sendable, Equatable {
    /// From this instant on.
    public var since: Timestamp?
    /// Before this instant.
    public var until: Timestamp?
    /// Of this host.
    public var host: String?
    /// By the holder of this key.
    public var key: String?
    /// About this service.
    public var service: String?
    /// About this task.
    public var taskID: TaskID?
    /// About such an event.
    public var event: AuditEntry.Event?

    /// A query that every line answers.
    public init() {}

    /// Whether a line is wanted.
    public func matches(_ record: AuditRecord) -> Bool {
        guard since.map({ $0 <= record.time }) ?? true, until.map({ record.time < $0 }) ?? true else { return false }
        return isSame(host, record["host"]) && isSame(key, record["key"]) && isSame(service, record["service"])
            && (taskID.map { $0 == TaskID(record.members["task_id"]) } ?? true)
            && (event.map { $0 == record.event } ?? true)
    }

    private func isSame(_ wanted: String?, _ found: String?) -> Bool {
        guard let wanted else { return true }
        return found.map { $0.utf8.elementsEqual(wanted.utf8) } ?? false
    }
}
