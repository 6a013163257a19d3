public import CommandCatalog
public import JSON

/// One decision of the agent, before it has its place in the chain.
///
/// What a command printed and what a configuration says have no place here. Texts are cut at 1,024 bytes.
public struct AuditEntry: Sendable, Equatable {
    /// What happened.
    public enum Event: String, Sendable, CaseIterable {
        /// A task was taken.
        case accepted
        /// A task was not taken, and nothing was done.
        case refused
        /// A command was started.
        case started
        /// A task ended.
        case finished
        /// The agent's configuration, catalog or policy is another one now, or another one was refused.
        case config
        /// The agent's keys are others now, or others were refused.
        case keys
        /// The agent started.
        case agentStarted = "agent-started"
        /// The agent stopped.
        case agentStopped = "agent-stopped"
        /// The audit itself: this is the first line of a new file.
        case rotated
        /// The audit itself: what stands before this line was not written to its end.
        case repaired
        /// The audit itself: lines could not be written.
        case lost
        /// The audit itself: lines that were written are not there any more.
        case gap
    }

    /// When.
    public var time: Timestamp
    /// What happened.
    public var event: Event
    /// The task's identity.
    public var taskID: TaskID?
    /// The member of the task that says what is asked for, such as `command` or `check`.
    public var kind: String?
    /// The key whose signature was good.
    public var key: String?
    /// The roles of that key.
    public var roles: [String] = []
    /// Who asked, as claimed.
    public var from: String?
    /// Why, as claimed.
    public var why: String?
    /// Whom the task was addressed to: `host/web01`.
    public var target: String?
    /// The service.
    public var service: String?
    /// The command.
    public var command: String?
    /// The parameters, only where none of them is a secret; the digest covers them in every case.
    public var parameters: JSONObject?
    /// The SHA-256 of the task, or of the file that the line is about.
    public var digest: String?
    /// What the policy said.
    public var verdict: String?
    /// The word for the code.
    public var reason: String?
    /// The code of the answer.
    public var code: Int?
    /// What else a person should know.
    public var note: String?

    /// An entry with nothing but what happened when; set the rest.
    public init(_ event: Event, at time: Timestamp) {
        self.event = event
        self.time = time
    }

    // What the audit says about itself.

    /// How many lines are missing.
    var missing: Int64?
    /// How many bytes were not written to their end, and their SHA-256.
    var torn: (bytes: Int, hash: String)?
    /// The first line of the oldest file that is kept.
    var keptFrom: Int64?

    /// Whether both say the same.
    public static func == (left: AuditEntry, right: AuditEntry) -> Bool {
        left.members(after: .start, host: "") == right.members(after: .start, host: "")
    }
}

extension AuditEntry {
    /// The bytes of its line without the newline.
    func line(after link: AuditLink, host: String) -> [UInt8] { members(after: link, host: host) }

    private func members(after link: AuditLink, host: String) -> [UInt8] {
        var line = LineWriter()
        line.add("seq", link.sequence + 1)
        line.add("prev", link.hash)
        line.add("time", time.textWithMilliseconds)
        line.add("host", host)
        line.add("event", event.rawValue)
        switch taskID {
        case .integer(let number): line.add("task_id", number)
        case .text(let text): line.add("task_id", text)
        case nil: break
        }
        line.add("kind", kind)
        line.add("key", key)
        if !roles.isEmpty { line.add("roles", roles) }
        line.add("from", from)
        line.add("why", why)
        line.add("target", target)
        line.add("service", service)
        line.add("command", command)
        line.add("parameters", parameters)
        line.add("digest", digest)
        line.add("verdict", verdict)
        line.add("reason", reason)
        line.add("code", code.map(Int64.init))
        line.add("missing", missing)
        line.add("bytes", (torn?.bytes).map(Int64.init))
        line.add("sha256", torn?.hash)
        line.add("kept_from", keptFrom)
        line.add("note", note)
        return line.finished()
    }
}
