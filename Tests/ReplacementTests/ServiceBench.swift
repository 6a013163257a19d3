import CommandCatalog
import Files
import Glibc
import TestSupport
import Testing

@testable import Replacement

/// A service of a test: files in a directory, and a process that is started, stopped and looked at by shell lines.
final class ServiceBench {
    let directory: TemporaryDirectory
    var definition: ConfigurationDefinition
    var mostVersions = 10
    private var number = 0

    /// A service that is running with the configuration `old`.
    init(files: [(name: String, path: String)] = [("s.conf", "etc/s.conf")]) throws {
        let directory = try TemporaryDirectory()
        self.directory = directory
        for name in ["etc", "etc/conf.d", "state"] { mkdir(directory.path(name), 0o755) }
        let places = files.map { ConfigurationDefinition.Place(name: $0.name, path: directory.path($0.path)) }
        definition = ConfigurationDefinition(places: places, taking: .none)
        definition.taking = .stopAndStart(stop: line(Self.stop), start: line(Self.start))
        definition.running = line("grep -q . /proc/$(cat pid)/maps")
        definition.check = line("! grep -q broken \"$1\" || { echo \"$1: broken: password=geheim\"; exit 1; }")
        (definition.startTime, definition.settleTime) = (.seconds(5), .milliseconds(300))
        try write("old\n", to: "etc/s.conf")
        #expect(ChildProgram.run(line(Self.start).words(), timeout: .seconds(5)).isSuccess)
    }

    deinit { _ = ChildProgram.run(line("kill $(cat pid)").words(), timeout: .seconds(5)) }

    /// It takes its configuration up, unless that says `nostart`, and stays, unless it says `short`.
    private static let start = """
        grep -q nostart etc/s.conf && { echo "cannot start"; exit 3; }
        cat etc/s.conf >taken; time=1000; grep -q short etc/s.conf && time=0.1
        sleep $time >/dev/null 2>&1 & echo $! >pid
        """
    private static let stop = "kill $(cat pid); sleep 0.05"

    /// A shell line in the directory of the bench.
    func line(_ text: String) -> ConfigurationDefinition.Action {
        ConfigurationDefinition.Action(.shell("cd '\(directory.path)' && { \(text)\n}"), timeout: .seconds(5))
    }

    func write(_ text: String, to name: String) throws { try directory.write(text, to: name) }

    /// What stands in a file; `nil` where there is none.
    func text(_ name: String = "etc/s.conf") -> String? { try? directory.text(of: name) }

    /// The names in the directory of the configuration.
    var names: [String] { ((try? FileTree.names(in: directory.path("etc"))) ?? []).sorted() }

    /// The process of the service.
    var process: String? { text("pid") }

    /// Whether it runs; what nobody has waited for does not.
    var isRunning: Bool {
        definition.running.map { ChildProgram.run($0.words(), timeout: .seconds(5)).isSuccess } ?? false
    }

    /// Its name.
    static let service: Name = {
        guard let name = Name("s") else { preconditionFailure("a constant that is no name") }
        return name
    }()

    /// An order.
    func order(
        _ change: ReplaceRequest.Change, isDryRun: Bool = false, diff: Bool = false, identity: String? = nil
    ) -> ReplacementOrder {
        number += 1
        return ReplacementOrder(
            ReplaceRequest(service: Self.service, change: change, isDryRun: isDryRun, wantsDifference: diff),
            identity: identity ?? "order-\(number)", definition: definition, confirmation: .none,
            stateDirectory: directory.path("state"), mostVersions: mostVersions, by: "ann", reason: "because")
    }

    /// Replaces.
    @discardableResult
    func replace(
        _ text: String, isCancelled: @escaping @Sendable () -> Bool = { false }
    ) -> ReplacementOutcome {
        Replacer(order(.text(text)), isCancelled: isCancelled).run()
    }

    /// The versions that are kept.
    var versions: VersionStore { VersionStore(of: Self.service, in: directory.path("state")) }
}
