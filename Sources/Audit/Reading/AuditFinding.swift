/// Something that is not as it was written.
public struct AuditFinding: Sendable, Equatable, CustomStringConvertible {
    /// What kind of thing.
    public enum Kind: String, Sendable {
        /// A line is not the one that was written.
        case changed
        /// Lines are not there, or not in their order.
        case missing
        /// Lines are not there any more at the end.
        case truncated
        /// What stands there is no line of an audit.
        case unreadable
        /// A line was not written to its end, in a crash; the next one says so.
        case torn
        /// Lines could not be written, as the audit says itself.
        case lost

        /// Whether it is no sign of a hand: a crash or a full disk does it.
        public var isAccident: Bool { self == .torn || self == .lost }
    }

    /// The file.
    public let file: String
    /// The line, from 1; 0 for the file as a whole.
    public let line: Int
    /// What kind of thing.
    public let kind: Kind
    /// What was wanted and what was found.
    public let text: String

    /// `/var/log/recoverd/audit.log:17: changed: …`.
    public var description: String { "\(line > 0 ? "\(file):\(line)" : file): \(kind.rawValue): \(text)" }
}

/// What a verification found.
public struct AuditReport: Sendable, Equatable {
    /// What is not as it was written, in the order of the files; at most ``mostFindings``.
    public internal(set) var findings: [AuditFinding] = []
    /// Findings that had no place.
    public internal(set) var further = 0
    /// Lines that were read.
    public internal(set) var lines = 0
    /// The first line that is kept; ``AuditLink/start`` where there is none.
    public internal(set) var first = AuditLink.start
    /// The last line.
    public internal(set) var last = AuditLink.start
    /// Whether a head record vouched for the end.
    public internal(set) var hasHead = false

    /// Findings that are kept at most.
    public static let mostFindings = 1000

    /// Whether everything is as it was written, but for accidents that the audit tells itself.
    public var isIntact: Bool { further == 0 && findings.allSatisfy(\.kind.isAccident) }

    mutating func add(_ finding: AuditFinding) {
        if findings.count < Self.mostFindings { findings.append(finding) } else { further += 1 }
    }
}
