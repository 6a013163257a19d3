import ArgumentParser
import CSystem
import CommandCatalog
import Files
import Glibc

/// The program: everything about agents that is no single task.
@main
struct Recoverctl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recoverctl",
        abstract: "Tells how hosts, agents and tasks are, and who may what.",
        discussion: """
            Exit status: 0 all is well, 2 a target failed, 3 no answer, 4 refused, 5 no target matched, 8 no \
            broker, 64 wrong usage, 74 the output cannot be written, 78 configuration.
            """,
        version: ProgramVersion.current,
        subcommands: [
            Up.self, Doctor.self, Tasks.self, TaskStory.self, Status.self, Metrics.self, Hosts.self, Ping.self,
            Forget.self, State.self, Key.self,
            Enroll.self, PolicyCommand.self, ConfigCommand.self, AuditCommand.self, Log.self, Complete.self,
        ],
        // -h is the broker's host, as in send-command.
        helpNames: [.long]
    )

    static func main() {
        Descriptor.openStandardStreams()
        // Whoever closes our output is found by write(2).
        signal(SIGPIPE, SIG_IGN)
        // Keys and passwords are in there.
        csystem_keep_memory_private()
        do {
            var command = try parseAsRoot()
            if command is Recoverctl { throw ValidationError("expected a subcommand; see --help") }
            try command.run()
        } catch let failure as Failure {
            Output.complain(failure.message)
            Glibc.exit(failure.status.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}

/// What the program exits with.
enum ProgramStatus: CInt {
    case allWell = 0
    /// A target answered that something failed, or is not as it should be.
    case targetFailed = 2
    case noAnswer = 3
    case refused = 4
    case noTarget = 5
    case noBroker = 8
    case usage = 64
    /// What was to be printed is not.
    case outputLost = 74
    case configuration = 78
}

/// Why there is nothing to show.
struct Failure: Error, Equatable {
    let status: ProgramStatus
    /// What was wanted, what was found, and what to do.
    let message: String

    init(_ status: ProgramStatus, _ message: String) {
        (self.status, self.message) = (status, message)
    }

    /// Does something, and tells what keeps it from being done as a fault of what is written here.
    ///
    /// - Parameters:
    ///   - what: What it is about, where the cause does not say that.
    ///   - body: What is done.
    /// - Returns: What came of it.
    /// - Throws: The cause, in its own words.
    static func passing<Value, Cause: Error & CustomStringConvertible>(
        _ what: String? = nil, _ body: () throws(Cause) -> Value
    ) throws(Failure) -> Value {
        do throws(Cause) {
            return try body()
        } catch {
            throw Failure(.configuration, (what.map { "\($0): " } ?? "") + error.description)
        }
    }
}
