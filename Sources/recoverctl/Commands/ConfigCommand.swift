import ArgumentParser
import AgentControl
import CommandCatalog
import Files
import JSON
import Replacement

/// `recoverctl config`: the configurations that were replaced, and the way back.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Tells which configurations were in force, and puts an older one back.",
        subcommands: [History.self, Diff.self, Rollback.self])

    func run() throws { throw ValidationError("expected a subcommand: history, diff or rollback") }

    /// Which service, on which host.
    struct Target: ParsableArguments {
        @Argument(help: "The service.")
        var service: String
        @OptionGroup var agent: AgentFlags

        func name() throws(Failure) -> Name {
            guard let name = Name(service) else {
                throw Failure(.usage, "expected the name of a service, found \(service.debugDescription)")
            }
            return name
        }
    }

    struct History: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the versions of a configuration that are kept on the host, the latest last.")

        @OptionGroup var target: Target
        @OptionGroup var format: FormatFlags

        func run() throws {
            let service = try target.name()
            switch try target.agent.door() {
            // They can be had without an agent, too.
            case .local(let directory):
                let versions = VersionStore(of: service, in: directory).all
                guard !versions.isEmpty else { throw Failure.notReplaced(service, in: directory) }
                try HistorySheet(service, versions.map(\.json)).report.finish(format.format)
            case .remote:
                let answer = try target.agent.door().ask("config-history", ["service": .string(service.text)]).object()
                try HistorySheet(service, answer["versions"]?.array ?? []).report.finish(format.format)
            }
        }
    }

    struct Diff: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what a rollback would change, secrets left out; nothing is touched.")

        @OptionGroup var target: Target
        @Option(help: "The version; default the one before the present.")
        var version: Int64?

        func run() throws {
            let request = ReplaceRequest(
                service: try target.name(), change: .rollback(version: version), isDryRun: true, wantsDifference: true)
            try ConfigDoor(target.agent).replace(request, reason: nil).finish()
        }
    }

    struct Rollback: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts an older version of a configuration in force, checked and confirmed as a new one.")

        @OptionGroup var target: Target
        @Option(help: "The version; default the one before the present.")
        var version: Int64?
        @Option(help: "Why; for the history and the log of the agent.")
        var reason: String?

        func run() throws {
            let request = ReplaceRequest(service: try target.name(), change: .rollback(version: version))
            try ConfigDoor(target.agent).replace(request, reason: reason).finish()
        }
    }
}

/// The way by which a configuration is replaced: a task for the agent of a distant host, and on this host the work itself,
/// which needs no agent.
struct ConfigDoor {
    private let flags: AgentFlags

    init(_ flags: AgentFlags) { self.flags = flags }

    /// Replaces it.
    ///
    /// - Throws: Why nothing was tried.
    func replace(_ request: ReplaceRequest, reason: String?) throws(Failure) -> ConfigAnswer {
        switch try flags.door() {
        case .local(let directory): return try Self.replace(request, reason: reason, in: directory)
        case .remote:
            let reply = try flags.door().ask(AgentTask(.replace(request), reason: reason))
            return ConfigAnswer(code: reply.code, message: reply.message)
        }
    }

    private static func replace(
        _ request: ReplaceRequest, reason: String?, in directory: String
    ) throws(Failure) -> ConfigAnswer {
        guard let definition = ServiceDirectory.definition(ofLeftover: request.service, in: directory) else {
            throw Failure.notReplaced(request.service, in: directory)
        }
        StopSignals.note()
        var generator = SystemRandomNumberGenerator()
        let order = ReplacementOrder(
            request, identity: "\(TaskID.random(using: &generator))", definition: definition, confirmation: .asBefore,
            confirmTime: definition.confirmTime ?? .seconds(60), stateDirectory: directory, by: "recoverctl",
            reason: reason)
        let outcome = Replacer(order, isCancelled: { StopSignals.hasCome }).run()
        return ConfigAnswer(code: outcome.code, message: outcome.message)
    }
}

/// What became of a replacement, for a person.
struct ConfigAnswer {
    let code: ResultCode
    let message: String

    /// Prints it; what went wrong is a failure.
    func finish() throws(Failure) {
        switch code {
        case .success: Output.print(plain: message)
        case .configurationRolledBack, .configurationNotRestored:
            throw Failure(.targetFailed, "\(message)\n\(inForce)")
        case _ where code.isOfReplacement: throw Failure(.targetFailed, "not replaced (\(code)): \(message)")
        default: throw Failure(.refused, "the agent refused (\(code)): \(message)")
        }
    }

    private var inForce: String {
        code == .configurationRolledBack
            ? "What was in force before is in force again." : "Nobody knows what is in force now: look at the host."
    }
}

/// The versions of a configuration, for a person.
struct HistorySheet {
    private let service: Name
    private let versions: [JSONObject]

    init(_ service: Name, _ versions: [JSONValue]) {
        (self.service, self.versions) = (service, versions.compactMap(\.object))
    }

    /// What is printed.
    var report: Report {
        let rows = versions.map { version in
            [
                version["number"]?.text ?? "-", version["time"]?.string ?? "-", Self.origin(version),
                String((version["sha256"]?.string ?? "-").prefix(12)), version["by"]?.string ?? "-",
                version["reason"]?.string ?? "-",
            ]
        }
        return Report(
            command: "config history",
            table: Table(columns: ["VERSION", "SINCE", "HOW", "SHA-256", "BY", "REASON"], rows: rows),
            summary: "\(service): \(NameList.count(versions.count, "version"))",
            members: ["service": .string(service.text), "versions": .array(versions.map(JSONValue.object))],
            lines: versions
        )
    }

    private static func origin(_ version: JSONObject) -> String {
        let word = version["origin"]?.string ?? "-"
        return version["rolled_back_to"].map { "\(word) to \($0.text)" } ?? word
    }
}

extension Failure {
    /// That there is no version of a configuration, as far as we may see.
    fileprivate static func notReplaced(_ service: Name, in state: String) -> Failure {
        // What is below a directory that we may not look into cannot be seen either.
        let doubt = FileTree.doubt(about: "\(state)/config")
        return doubt.map { Failure(.configuration, $0.description) }
            ?? Failure(.noTarget, "the configuration of \(service) was not replaced here")
    }
}
