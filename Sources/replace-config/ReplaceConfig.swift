import ArgumentParser
import CommandCatalog
import Files
import Glibc
import Replacement

/// The program: replaces the configuration of this host's collectd, without an agent.
///
/// The options are the predecessor's.
@main
struct ReplaceConfig: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replace-config",
        abstract: "Replaces the configuration of this host's collectd, checked, and put back if it does not start.",
        discussion: """
            Exit status: 0 the new configuration is in force, or passes the check; 1 it is not, and the last line says \
            why; 64 wrong usage, or a file that is no configuration.
            """,
        version: ProgramVersion.current
    )

    @Argument(help: "The new configuration.")
    var newConfigPath: String?
    @Option(name: .shortAndLong, help: "collectd's program; default as it is installed here.")
    var command: String?
    @Option(name: [.customShort("C"), .long], help: "Its configuration; default as it is installed here.")
    var config: String?
    @Option(name: [.customShort("P"), .long], help: "The file with its number; default as it is installed here.")
    var pidFile: String?
    @Option(name: [.customShort("T"), .long], help: "What the replacement is known by.")
    var taskID = "0"
    @Option(help: "Where it is logged: stdout, or syslog.")
    var logDevice = "stdout"
    @Option(help: "How much is logged: err, warn, info or debug.")
    var logLevel = "info"
    @Flag(name: [.customShort("S"), .long], help: "The new configuration stands in CONFIG.lock already.")
    var skipPrepare = false
    @Option(help: "The directory in which versions are kept.")
    var state = "/var/lib/recoverd"
    @Flag(help: "Only check it, and touch nothing.")
    var dryRun = false

    static func main() {
        // Our log must not end up in the configuration.
        Descriptor.openStandardStreams()
        main(nil)
    }

    func validate() throws {
        guard (newConfigPath == nil) == skipPrepare else {
            throw ValidationError(
                skipPrepare
                    ? "expected one of a path and --skip-prepare, found both" : "expected the path of a configuration")
        }
        guard ["stdout", "console", "syslog"].contains(logDevice) else {
            throw ValidationError("--log-device: expected stdout or syslog, found \(logDevice)")
        }
        guard LogLevel(logLevel) != nil else {
            throw ValidationError("--log-level: expected err, warn, info or debug, found \(logLevel)")
        }
    }

    func run() throws {
        let log = StepLog(isSyslog: logDevice == "syslog", level: LogLevel(logLevel) ?? .info)
        let definition = definition
        let path = newConfigPath ?? "\(definition.places[0].path).lock"
        let order = ReplacementOrder(
            ReplaceRequest(service: try Self.collectd(), change: .text(try Self.text(of: path)), isDryRun: dryRun),
            identity: "\(taskID) \(getpid())", definition: definition, confirmation: .asBefore,
            stateDirectory: state, by: "replace-config")
        // Not before it is read: who waits for the other end of a pipe can be stopped.
        StopSignals.note()
        if skipPrepare { unlink(path) }
        let outcome = Replacer(order, isCancelled: { StopSignals.hasCome }, log: { log.write(.debug, $0) }).run()
        log.write(outcome.code == .success ? .info : .error, outcome.message)
        throw ExitCode(outcome.code == .success ? 0 : 1)
    }

    /// This host's collectd, where the options do not say otherwise.
    private var definition: ConfigurationDefinition {
        .collectd(program: command, configuration: config, pidFile: pidFile)
    }

    private static func collectd() throws -> Name {
        guard let name = Name(ReplaceRequest.usualService) else { throw ExitCode(1) }
        return name
    }

    private static func text(of path: String) throws -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw unreadable(path) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(file, &buffer, buffer.count), count != 0 {
            guard count > 0 else { throw unreadable(path) }
            bytes += buffer.prefix(count)
            guard bytes.count <= ReplaceRequest.largestSize else {
                throw ValidationError("\(path): expected at most \(ReplaceRequest.largestSize) bytes")
            }
        }
        guard !bytes.isEmpty, let text = String(validating: bytes, as: UTF8.self) else {
            throw ValidationError(
                "\(path): expected a configuration in UTF-8, found \(bytes.isEmpty ? "an empty file" : "other bytes")")
        }
        return text
    }

    private static func unreadable(_ path: String) -> ValidationError {
        let reason = String(cString: strerror(errno))
        return ValidationError("\(path.isEmpty ? "\"\"" : path) cannot be read: \(reason)")
    }
}
