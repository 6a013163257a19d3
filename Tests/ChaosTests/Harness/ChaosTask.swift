import CommandCatalog
import JSON

/// A task of the suite: its bytes are made once, and every copy has the same.
struct ChaosTask: Sendable {
    let id: String
    /// The exit status that its command ends with.
    let code: Int
    let payload: [UInt8]

    /// A task whose command notes its id, prints it, waits so long and ends with a code.
    ///
    /// - Parameters:
    ///   - id: Its id, which no other task of the scenario has.
    ///   - code: The exit status.
    ///   - wait: How long the command lasts, in seconds, as `sleep` reads it.
    ///   - command: `run`, or another command of the scenario.
    ///   - timestamp: When it says that it was made.
    ///   - expires: When it may not start any more; `nil` leaves the member away.
    init(
        _ id: String, code: Int = 0, wait: String = "0", command: String = "run", timestamp: Timestamp = .now,
        expires: Timestamp? = nil
    ) {
        self.id = id
        self.code = code
        var task: JSONObject = [
            "task_id": .string(id), "timestamp": .string("\(timestamp)"), "service": "chaos",
            "command": .string(command),
            "parameters": ["id": .string(id), "code": .integer(Int64(code)), "wait": .string(wait)],
        ]
        if let expires { task["expires"] = .string("\(expires)") }
        payload = JSONValue.object(task).bytes
    }

    /// Which of several brokers has its first copy; the same in every run.
    var turn: Int { id.utf8.reduce(0) { $0 + Int($1) } }

    /// The catalog that all scenarios share.
    ///
    /// - Parameters:
    ///   - ledger: The file that commands append their ids to.
    ///   - directory: The agent's, where its process number stands.
    /// - Returns: The value of `Services`.
    static func services(ledger: String, directory: String) -> JSONValue {
        // The ledger stays open in the command and all that it starts: so they are known as ours.
        let note = "exec 9>>'\(ledger)'; echo \"$1\" >&9; "
        func command(_ line: String, _ more: JSONObject = [:]) -> JSONValue {
            var definition: JSONObject = [
                "program": ["/bin/sh", "-c", .string(note + line), "sh", "{id}", "{code}", "{wait}"],
                "parameters": [
                    "id": ["type": "string", "pattern": "[A-Za-z0-9.-]+", "length": 100],
                    "code": ["type": "integer", "range": [0, 125], "default": 0],
                    "wait": ["type": "string", "pattern": "[0-9.]+", "length": 10, "default": "0"],
                ],
            ]
            for member in more.members { definition[member.name] = member.value }
            return .object(definition)
        }
        let usual = "echo \"$1\"; [ \"$3\" = 0 ] || sleep \"$3\"; exit \"$2\""
        return [
            "chaos": [
                "commands": [
                    "run": command(usual),
                    "locked": command(usual, ["lock": "chaos"]),
                    "errors": command("yes | head -c 10000000 >&2; " + usual),
                    "suicide": command("kill -9 \"$(cat '\(directory)/pid')\"; sleep 1; " + usual),
                    // Enters the group that the scenario made, and takes more than it has room for.
                    "greedy": command(
                        "echo $$ >\"$(cat '\(directory)/group')/cgroup.procs\"; exec tail /dev/zero"),
                    "short": command("exec sleep 60", ["timeout": "2s"]),
                    "binary": command("head -c 300000 /dev/urandom; printf '\\377\\0\\376'; exit \"$2\""),
                    "line": command("head -c 100000000 /dev/zero | tr '\\0' x; exit \"$2\""),
                    "much": command("yes | head -c 1000000000; exit \"$2\"", ["timeout": "5m"]),
                ]
            ]
        ]
    }

    /// Many tasks with random codes, one in four of which lasts a little.
    static func many(
        _ count: Int, prefix: String = "t", using generator: inout some RandomNumberGenerator
    )
        -> [ChaosTask]
    {
        (0..<count).map { number in
            let code = Int.random(in: 0...125, using: &generator)
            let isLong = Int.random(in: 0..<4, using: &generator) == 0
            let wait = isLong ? "0.0\(Int.random(in: 1...9, using: &generator))" : "0"
            return ChaosTask("\(prefix)-\(number)", code: code, wait: wait)
        }
    }
}
