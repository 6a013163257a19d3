import ArgumentParser
import CommandCatalog
import ConfigurationReader
import Files
import Glibc
import PluginHost
import PluginKit
import RemoteExecutor

/// The program on every host.
@main
struct RecoverdAgent: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recoverd-agent",
        abstract: "Runs plugins that watch and recover this host.",
        discussion: """
            Exit status: 0 all is well, or the agent was stopped; 1 it cannot start; 2 wrong usage; 3 no broker for \
            a join; 74 the output cannot be written; 78 configuration; 128 + n a second signal n ended it at once.
            """,
        version: ProgramVersion.current,
        subcommands: [Run.self, Join.self, Check.self, Plugins.self, Sample.self, Replace.self]
    )

    /// Parses and runs; wrong usage ends with 2, as other programs have it.
    static func main() {
        // Before a subcommand writes a file.
        Descriptor.openStandardStreams()
        do {
            var command = try parseAsRoot()
            if command is RecoverdAgent { throw ExitCode(2) }
            try command.run()
        } catch {
            leave(with: error)
        }
        // What was printed is written here, where a full disk shows.
        guard fflush(nil) == 0 else {
            StandardError.print("recoverd-agent: the output cannot be written: \(String(cString: strerror(errno)))")
            Glibc.exit(EX_IOERR)
        }
    }

    private static func leave(with error: any Error) -> Never {
        if let error = error as? ConfigurationError {
            StandardError.print("\(error)")
            Glibc.exit(EX_CONFIG)
        }
        if let ending = error as? Ending {
            StandardError.print("recoverd-agent: \(ending.message)")
            Glibc.exit(ending.status)
        }
        // What the parser calls a mistake of usage has its own number there.
        guard exitCode(for: error) == .validationFailure || (error as? ExitCode)?.rawValue == 2 else {
            exit(withError: error)
        }
        StandardError.print(error is ExitCode ? helpMessage() : fullMessage(for: error))
        Glibc.exit(2)
    }
}

extension RecoverdAgent {
    struct Run: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Runs the agent in the foreground.")
        static let usualFile = "/etc/recoverd/monitor-config.json"

        @Option(help: "The main file; without this option \(Self.usualFile), which is waited for.")
        var config: String?
        @Option(help: "The directory that the agent keeps its state in; it is made if it is missing.")
        var state = "/var/lib/recoverd"
        @Option(help: "The directory for what outlives the agent but not a reboot; it is made if it is missing.")
        var runtime = "/run/recoverd"

        @Flag(help: "Sets the journal aside, which forgets all tasks, and starts with a new one.")
        var resetJournal = false

        func run() throws {
            if resetJournal {
                for file in try RemoteExecutor.setJournalAside(in: state) {
                    StandardError.print("the old journal is kept as \(file)")
                }
            }
            // A file that was named and is not there is a mistake; one that was not written yet is none.
            try Agent(
                configuration: config ?? Self.usualFile, waits: config == nil, state: state, runtime: runtime,
                registry: .agent
            ).run()
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Looks for mistakes in a main file.")

        @Argument(help: "The main file.")
        var file: String

        func run() throws {
            let configuration = try AgentConfiguration.load(file: file, registry: .agent)
            for warning in configuration.warnings { StandardError.print("warning: \(warning)") }
            print("\(file): \(configuration.summary)")
        }
    }

    struct Plugins: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the plugins.")

        func run() {
            for plugin in PluginRegistry.agent.plugins { print(plugin.name) }
        }
    }

    struct Sample: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Prints a configuration to begin with.")

        @Argument(help: "The plugin's name.")
        var name: String

        func run() throws {
            guard let plugin = PluginRegistry.agent.plugin(named: name) else {
                let known = PluginRegistry.agent.plugins.map { $0.name }
                throw ValidationError("There is no plugin \"\(name)\"; there are: \(known.joined(separator: ", ")).")
            }
            print(plugin.sample, terminator: "")
        }
    }
}

/// Why a subcommand could not do what it was asked for.
enum Ending: Error {
    /// What is written here, or was given, is not as it must be.
    case configuration(String)
    case notConnected(String)

    /// What was wanted, what was found, and what to do.
    var message: String {
        switch self {
        case .configuration(let message), .notConnected(let message): message
        }
    }

    /// The exit status: as recoverctl's.
    var status: CInt {
        switch self {
        case .configuration: EX_CONFIG
        case .notConnected: 3
        }
    }
}
