import ArgumentParser
import CommandCatalog
import JSON
import Policy
import Signatures

/// A request to hold against a policy, as it is typed.
struct RequestFlags: ParsableArguments {
    @Argument(help: "The service; without one the policy itself is checked.")
    var service: String?
    @Argument(help: "The command.")
    var command: String?
    @Option(help: "The key by which the request is signed.")
    var by: String?
    @Option(help: "A role of that key; several times for several.")
    var role: [String] = []
    @Option(help: "In place of --role: the directory of keys in which the key and its roles stand.")
    var keys: String?
    @Flag(help: "In place of --by: the request is not signed.")
    var unsigned = false
    @Option(help: "What is asked for: command, check, config, cancel or fetch.")
    var kind: String?
    @Option(help: "A parameter of the command, NAME=VALUE; several times for several.")
    var parameter: [String] = []
    @Option(help: "When: a time such as 2026-11-21T23:00:00Z; default now.")
    var at: String?

    func validate() throws {
        if by != nil && unsigned { throw ValidationError("expected one of --by and --unsigned, found both") }
        if !role.isEmpty && keys != nil { throw ValidationError("expected one of --role and --keys, found both") }
        if by == nil && (!role.isEmpty || keys != nil) { throw ValidationError("--role and --keys belong to --by") }
        if hasRequest && by == nil && !unsigned {
            throw ValidationError("expected --by KEY or --unsigned: who asks?")
        }
        if !hasRequest && (by != nil || unsigned || !parameter.isEmpty) {
            throw ValidationError("expected a SERVICE: what is asked for?")
        }
    }

    /// What is about a task may be about one that nobody knows any more.
    private var hasRequest: Bool { service != nil || kind == "cancel" || kind == "fetch" }

    /// The request; `nil` where none is typed.
    ///
    /// - Throws: What is wrong with it; or that the key would not get as far as the policy.
    func request() throws(Failure) -> PolicyRequest? {
        let time =
            try at.map { text throws(Failure) in
                guard let time = Timestamp(rfc3339: text) else {
                    throw Failure(
                        .usage, "--at: expected a time such as \"2026-11-21T23:00:00Z\", found \(text.debugDescription)"
                    )
                }
                return time
            } ?? .now
        let kind = try policyKind()
        guard hasRequest else { return nil }
        let service = try service.map { text throws(Failure) in try Self.name(text, "the service") }
        let command = try command.map { text throws(Failure) in try Self.name(text, "the command") }
        let needsCommand = kind == .command || kind == .check
        guard (command != nil) == needsCommand || kind == .cancel || kind == .fetch else {
            throw Failure(.usage, needsCommand ? "expected SERVICE and COMMAND" : "a configuration has no command")
        }
        return PolicyRequest(
            kind, from: try sender(at: time), service: service, command: command, parameters: try parameters(),
            at: time)
    }

    private func policyKind() throws(Failure) -> PolicyKind {
        guard let text = kind else { return .command }
        guard let kind = PolicyKind(rawValue: text) else {
            let known = PolicyKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw Failure(.usage, "--kind: expected one of \(known), found \(text.debugDescription)")
        }
        return kind
    }

    private func sender(at time: Timestamp) throws(Failure) -> PolicyRequest.Sender {
        guard let by else { return .unsigned }
        let id = try KeyArgument.name(by, of: "--by")
        let roles = try keys.map { path throws(Failure) in try Self.roles(of: id, in: path, at: time) } ?? role
        return .key(
            try Self.name(id.description, "--by"),
            roles: try roles.map { text throws(Failure) in
                try Self.name(KeyArgument.name(text, of: "--role").description, "--role")
            })
    }

    /// The roles that a host would see.
    private static func roles(of id: KeyID, in path: String, at time: Timestamp) throws(Failure) -> [String] {
        var directory = KeyDirectory(path)
        directory.read()
        for mistake in directory.mistakes { Output.complain("warning: \(mistake)") }
        guard let key = directory.ring.keys[id] else {
            throw Failure(.refused, "denied: there is no usable key \(id) in \(path), so no policy is asked")
        }
        let state = KeyState(key, at: time)
        guard state.isUsable else {
            throw Failure(.refused, "denied: the key \(id) is \(state.word) at \(time), so no policy is asked")
        }
        return key.roles
    }

    private func parameters() throws(Failure) -> [Name: JSONValue] {
        var parameters: [Name: JSONValue] = [:]
        for text in parameter {
            guard let sign = text.utf8.firstIndex(of: UInt8(ascii: "=")), let name = Name(String(text[..<sign])) else {
                // Not shown: the value may be a secret.
                throw Failure(.usage, "--parameter: expected NAME=VALUE")
            }
            guard parameters.updateValue(.string(String(text[text.index(after: sign)...])), forKey: name) == nil else {
                throw Failure(.usage, "--parameter: \(name.text.debugDescription) is given twice")
            }
        }
        return parameters
    }

    private static func name(_ text: String, _ what: String) throws(Failure) -> Name {
        guard let name = Name(text) else {
            throw Failure(
                .usage, "\(what): expected 1 to 255 bytes without control characters, found \(text.debugDescription)")
        }
        return name
    }
}
