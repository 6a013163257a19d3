import CSystem
import CommandCatalog
import Files
import Glibc

/// collectd: by systemd where that has it, and otherwise as the predecessor does, by the file with its number.
struct CollectdControl: ServiceControl {
    let name: Name
    let definition: ConfigurationDefinition
    let paths: ConfigurationDefinition.CollectdPaths
    let tools: ServiceTools
    private let configuration: String
    private let isUnit: Bool
    private var hasTaken: Bool

    /// How long the predecessor waits for the end: ten looks, a second apart.
    private static let stopTime = Duration.seconds(10)
    private static let systemctl = "/bin/systemctl"

    init(
        _ name: Name, _ definition: ConfigurationDefinition, _ paths: ConfigurationDefinition.CollectdPaths,
        _ tools: ServiceTools, hasTaken: Bool
    ) {
        (self.name, self.definition, self.paths, self.tools) = (name, definition, paths, tools)
        self.hasTaken = hasTaken
        configuration = definition.places.first?.path ?? ""
        isUnit = paths.stop == nil && paths.start == nil && Self.isUnitKnown
    }

    /// Whether systemd runs here and knows a unit of this name.
    private static var isUnitKnown: Bool {
        guard access("/run/systemd/system", F_OK) == 0, access(systemctl, X_OK) == 0 else { return false }
        let end = ChildProgram.run(
            [systemctl, "show", "--property=LoadState", "--value", "collectd.service"], timeout: .seconds(10))
        return end.isSuccess && end.output == "loaded"
    }

    mutating func stop() throws(ServiceFailure) {
        if isUnit { return try tools.run(Self.unit("stop")) }
        guard let process = process() else { return }
        if let stop = paths.stop { return try tools.run(stop) }
        // The very process that was looked at, whoever has its number by now.
        let pidfd = csystem_pidfd_open(process)
        defer { if pidfd >= 0 { close(pidfd) } }
        guard pidfd >= 0, self.process() == process else { return }
        guard csystem_pidfd_signal(pidfd, SIGTERM) || errno == ESRCH else {
            throw ServiceFailure("Cannot stop \(name) (pid \(process)): \(String(cString: strerror(errno)))")
        }
    }

    mutating func awaitEnd() throws(ServiceFailure) {
        guard !isUnit else { return }
        guard tools.wait(within: Self.stopTime, { process() == nil }) else {
            throw ServiceFailure("Cannot detect removing pid file of collectd!")
        }
    }

    mutating func take() throws(ServiceFailure) {
        hasTaken = true
        if isUnit { return try tools.run(Self.unit("start")) }
        let usual = ConfigurationDefinition.Action(
            .program([paths.program, "-P", paths.pidFile, "-C", configuration]), timeout: .seconds(60))
        try tools.run(paths.start ?? usual)
    }

    mutating func awaitRun() throws(ServiceFailure) {
        if isUnit {
            let look = ConfigurationDefinition.Action(
                .program([Self.systemctl, "is-active", "--quiet", "collectd.service"]), timeout: .seconds(10))
            return try tools.awaitRun(definition, named: name) { () throws(ServiceFailure) in try tools.succeeds(look) }
        }
        var first: pid_t?
        do throws(ServiceFailure) {
            try tools.awaitRun(definition, named: name) {
                guard let process = process() else { return false }
                defer { first = first ?? process }
                return first == nil || first == process
            }
        } catch {
            throw first == nil ? ServiceFailure("Cannot detect new pid of collectd! \(error.reason)") : error
        }
    }

    mutating func retake() throws(ServiceFailure) {
        if hasTaken {
            try? stop()
            try awaitEnd()
        } else if isUnit ? false : process() != nil {
            return
        }
        try take()
    }

    /// Its process; `nil` when the file names none, or one that is something else: a file may be left from long ago.
    private func process() -> pid_t? {
        guard let bytes = (try? FileSnapshot(of: paths.pidFile))?.bytes,
            let process = pid_t(String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }), process > 1
        else { return nil }
        return runs(process) ? process : nil
    }

    /// Whether the process executes collectd, and is no zombie.
    private func runs(_ process: pid_t) -> Bool {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/\(process)/exe", &buffer, buffer.count)
        guard count > 0 else { return false }
        let program = String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
        guard let resolved = realpath(paths.program, nil) else { return FileTree.lastName(of: program) == "collectd" }
        defer { free(resolved) }
        let own = String(cString: resolved)
        // One that was upgraded under the running process is told with this behind its name; one that is a script, or a
        // wrapper of another collectd, by its name.
        return program == own || program == "\(own) (deleted)" || FileTree.lastName(of: program) == "collectd"
    }

    private static func unit(_ verb: String) -> ConfigurationDefinition.Action {
        ConfigurationDefinition.Action(.program([systemctl, verb, "collectd.service"]), timeout: .seconds(90))
    }
}
