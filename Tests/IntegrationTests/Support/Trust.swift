import Audit
import CommandCatalog
import Glibc
import JSON
import Signatures
import TestSupport

/// Keys, policy and audit of an agent under test, and those who sign for it.
struct Trust {
    /// Where the files are.
    let directory: TemporaryDirectory
    /// The key `ops`, with the role `operator`.
    let ops: Signer
    /// The key `guest`, without a role.
    let guest: Signer

    /// Lays the files out.
    ///
    /// - Parameter rules: The policy's; operators may run everything without them.
    /// - Throws: A file cannot be written.
    init(rules: JSONValue = Trust.operatorsMayAll) throws {
        directory = try TemporaryDirectory()
        (ops, guest) = (try Signer("ops"), try Signer("guest"))
        guard mkdir(directory.path("keys.d"), 0o700) == 0 else { throw SystemFailure("mkdir", errno) }
        try trust(ops, roles: ["operator"])
        try trust(guest)
        try write(rules: rules)
    }

    static let operatorsMayAll: JSONValue = [
        ["action": "allow", "who": "role:operator", "kind": "*", "service": "*", "command": "*"],
        ["action": "allow", "who": "role:operator", "kind": ["cancel", "fetch"]],
        ["action": "allow", "who": "*", "service": "agent", "command": "*"],
    ]

    /// What the main file says.
    var members: JSONObject {
        [
            "KeyDirectory": .string(directory.path("keys.d")), "PolicyFile": .string(directory.path("policy.json")),
            "AuditFile": .string(directory.path("audit.log")),
        ]
    }

    /// Writes a key file in one step.
    func trust(_ signer: Signer, roles: JSONValue = [], _ members: JSONObject = [:]) throws {
        var object: JSONObject = ["key": .string(signer.key.verificationKey.description), "roles": roles]
        for member in members.members { object[member.name] = member.value }
        try directory.write(JSONValue.object(object).bytes, to: "keys.d/\(signer.name).pub")
    }

    /// Writes the policy in one step.
    func write(rules: JSONValue) throws {
        try directory.write(JSONValue.object(["rules": rules]).bytes, to: "policy.json")
    }

    /// The lines of the audit.
    func lines(_ query: AuditQuery = AuditQuery()) throws -> [AuditRecord] {
        var lines: [AuditRecord] = []
        try AuditFiles(directory.path("audit.log")).forEachRecord(query) { record in
            lines.append(record)
            return true
        }
        return lines
    }

    /// The lines about a task.
    func events(_ id: Int64) throws -> [String] {
        var query = AuditQuery()
        query.taskID = .integer(id)
        return try lines(query).compactMap { $0["event"] }
    }
}

/// Somebody with a key.
struct Signer {
    let name: String
    let key: SigningKey

    /// Somebody with this key.
    init(_ name: String, _ key: SigningKey = .random()) throws {
        (self.name, self.key) = (name, key)
    }

    /// A command.
    static func request(_ command: String, service: String = "t") -> CommandRequest {
        CommandRequest(service: name(service), command: name(command), parameters: nil)
    }

    /// A signed task for a command of the service `t`.
    func task(
        _ id: Int64, _ command: String, service: String = "t", at time: Timestamp = .now, expires: Timestamp? = nil,
        target: String = "host/web01", challenge: String? = nil
    ) -> [UInt8] {
        task(
            id, .command(Self.request(command, service: service)), at: time, expires: expires, target: target,
            challenge: challenge)
    }

    /// A signed task.
    func task(
        _ id: Int64, _ verb: Verb, at time: Timestamp = .now, expires: Timestamp? = nil,
        signatureExpires: Timestamp? = nil, target: String = "host/web01", challenge: String? = nil
    ) -> [UInt8] {
        let task = TaskMessage(
            taskID: .integer(id), timestamp: time, verb: verb, expires: expires, reply: ReplyWishes(detail: true),
            reason: "test", from: "\(name)@desk")
        guard let id = KeyID(name) else { preconditionFailure("\(name) is no name of a key") }
        let auth = TaskAuthentication(
            keyID: id, target: target, expires: signatureExpires, nonce: TaskAuthentication.randomNonce(),
            challenge: challenge)
        return key.sign(task, auth).json.bytes
    }

    private static func name(_ text: String) -> Name {
        guard let name = Name(text) else { preconditionFailure("\(text) is no name") }
        return name
    }
}

extension AgentFixture {
    /// What the agent says of itself on its control socket.
    var status: JSONObject? {
        let ended = try? Ended.running([Programs.recoverctl, "status", "--json", "--state", directory.path("state")])
        let document = ended.flatMap { try? JSONText(Array($0.output.utf8)) }?.value.object
        return document?["status"]?.object
    }
}
