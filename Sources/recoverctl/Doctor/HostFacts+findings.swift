import CommandCatalog
import JSON
import Replacement

/// From what was seen to what is to be done.
extension HostFacts {
    /// One finding a part, from what everything else needs to what needs everything else.
    var findings: [Finding] {
        [configuration, rights, disk, agentFinding, runner, clock] + brokers + [transport]
    }

    private var configuration: Finding {
        let name = "configuration"
        guard isMainFileThere else {
            return .failed(
                name, "\(mainFile) is missing; the agent waits for it",
                next: "man 5 monitor-config.json, or on the broker's machine: recoverctl up HOST")
        }
        guard let check else {
            return .failed(name, "recoverd-agent is not installed", next: "apt-get install recoverd-agent")
        }
        let next = "recoverd-agent check \(mainFile)"
        let lines = (check.isSuccess ? check.output : check.reason).split(separator: "\n").map(String.init)
        let warnings = lines.filter { $0.hasPrefix("warning: ") }
        guard check.isSuccess else {
            return .failed(name, Self.first(of: lines.filter { !$0.hasPrefix("warning: ") }), next: next)
        }
        guard !warnings.isEmpty else { return .ok(name, lines.last ?? "") }
        return .warning(name, Self.first(of: warnings.map { String($0.dropFirst("warning: ".count)) }), next: next)
    }

    private static func first(of lines: [String]) -> String {
        (lines.first ?? "") + (lines.count > 1 ? ", and \(lines.count - 1) more" : "")
    }

    private var rights: Finding {
        let name = "rights"
        guard directory.isThere else {
            return .failed(name, "\(stateDirectory) is missing; the agent makes it", next: start)
        }
        guard directory.isOurs, !directory.isOpenToOthers else {
            return .failed(
                name, "others may write to \(stateDirectory)",
                next: "chown root: \(stateDirectory) && chmod 0700 \(stateDirectory)")
        }
        return .ok(name, "\(stateDirectory) is closed to others")
    }

    /// The journal keeps its reserve of this, and then there is nothing for the output of commands.
    private static let littleSpace: UInt64 = 64 << 20

    private var disk: Finding {
        let name = "disk"
        let look = "df -h \(stateDirectory)"
        guard directory.isThere else { return .ok(name, "nothing is written yet") }
        if directory.isReadOnly {
            return .failed(name, "the file system of \(stateDirectory) is read-only", next: "dmesg | tail")
        }
        if let journal = status?["journal"]?.string, journal != "ok" {
            return .failed(name, "the journal: \(journal)", next: look)
        }
        let free = "\(directory.free >> 20) MiB, \(directory.freePercent) %, are free"
        return directory.free < Self.littleSpace || directory.freePercent < 5
            ? .warning(name, free, next: look) : .ok(name, free)
    }

    private var agentFinding: Finding {
        let name = "agent"
        switch agent {
        case .isSilent(let why): return .failed(name, why, next: start)
        case .mayNotBeAsked(let why): return .failed(name, why, next: "sudo recoverctl doctor")
        case .answers(let status):
            let version = status["version"]?.string ?? "?"
            guard version == ProgramVersion.current else {
                return .warning(
                    name, "it is of release \(version), this program of \(ProgramVersion.current)",
                    next: "apt-get install recoverd-agent recoverd-tools")
            }
            if let error = status["configuration"]?.object?["error"]?.string {
                return .failed(
                    name, "it runs with an older configuration: \(error)", next: "recoverd-agent check \(mainFile)")
            }
            return .ok(name, "release \(version), since \(status["since"]?.string ?? "?")")
        }
    }

    private var runner: Finding {
        let name = "runner"
        guard let status else { return .failed(name, "only an agent that runs can tell", next: start) }
        guard status["runner"]?.string == "ok" else {
            return .failed(
                name, "it does not answer the agent; no command can be started",
                next: hasSystemd ? "systemctl restart recoverd-runner" : start)
        }
        return .ok(name, "commands can be started")
    }

    private var clock: Finding {
        let name = "clock"
        if status?["clock"]?.string == "suspect" {
            return .failed(
                name, "it was later once: \(status?["clock_was"]?.string ?? "?"); signed tasks may be refused",
                next: "timedatectl")
        }
        return isClockKept
            ? .ok(name, "something keeps it right")
            : .warning(name, "nothing keeps it right", next: "timedatectl set-ntp true")
    }

    private var brokers: [Finding] {
        let told = status?["mqtt"]?.object?["brokers"]?.object?.members ?? []
        let connected = told.filter { $0.value.object?["connected"]?.bool == true }
        let away = told.filter { $0.value.object?["connected"]?.bool != true }
        let known = connected.map { Finding.ok("broker", "\($0.name) is connected") }
        let silent = away.map { member in
            broker(member.name, error: member.value.object?["error"]?.string)
        }
        // Without an agent there is only what we see ourselves.
        let own = status == nil ? ways.keys.sorted().map { broker($0, error: nil) } : []
        let all = known + silent + own
        return all.isEmpty ? [.failed("broker", "none is configured", next: "recoverd-agent check \(mainFile)")] : all
    }

    private func broker(_ name: String, error: String?) -> Finding {
        if let way = ways[name], !way.isEmpty {
            return .failed("broker", "\(name) cannot be reached: \(way)", next: "nc -vz \(Self.words(name))")
        }
        guard status != nil else {
            return .warning("broker", "\(name) can be reached; whether it lets us in, an agent finds out", next: start)
        }
        return .failed(
            "broker", "\(name) can be reached, and does not let us in: \(error ?? "no answer yet")",
            next: log)
    }

    private var transport: Finding {
        let name = "TLS"
        guard let status else { return .warning(name, "only an agent that runs can tell", next: start) }
        guard let certificate = status["certificate"]?.object else {
            return .ok(name, "no certificate of ours is used")
        }
        if let error = certificate["error"]?.string { return .failed(name, error, next: log) }
        let days = [certificate["days"], certificate["authority"]?.object?["days"]].compactMap { $0?.integer }.min()
        guard let days else { return .ok(name, "the certificates are good") }
        let text = "the certificates are good for \(days) days"
        let renewal = "recoverctl up HOST, or recoverctl enroll, on the machine that made them"
        if days < 0 { return .failed(name, "the time of a certificate is over", next: renewal) }
        return days < 30 ? .warning(name, text, next: renewal) : .ok(name, text)
    }

    private var status: JSONObject? {
        if case .answers(let status) = agent { status } else { nil }
    }

    private var start: String {
        hasSystemd ? "systemctl enable --now recoverd-runner recoverd-agent" : "recoverd-agent run --config \(mainFile)"
    }

    private var log: String {
        hasSystemd ? "journalctl -u recoverd-agent -n 20" : "look at what recoverd-agent prints"
    }

    /// `host port` of `host:port`.
    private static func words(_ name: String) -> String {
        guard let colon = name.lastIndex(of: ":") else { return name }
        return name[..<colon].filter { $0 != "[" && $0 != "]" } + " " + name[name.index(after: colon)...]
    }
}
