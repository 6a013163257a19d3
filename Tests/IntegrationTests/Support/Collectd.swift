import Glibc
import JSON
import TestSupport

/// A real collectd with directories of its own, not under systemd; ended when nobody holds it any more.
final class Collectd: Sendable {
    let directory: TemporaryDirectory
    static let program = "/usr/sbin/collectd"

    /// Starts it with the plugin `load`, whose values go to files.
    init() throws {
        directory = try TemporaryDirectory()
        mkdir(directory.path("etc"), 0o755)
        try directory.write(configuration("load"), to: "etc/collectd.conf")
        try start()
    }

    deinit {
        if let process { kill(process, SIGKILL) }
    }

    /// A configuration with some plugins.
    func configuration(_ plugins: String..., base: String? = nil) -> String {
        """
        Hostname "test"
        FQDNLookup false
        Interval 1
        BaseDir "\(base ?? directory.path("base"))"
        PIDFile "\(pidFile)"
        LoadPlugin csv
        <Plugin csv>
          DataDir "\(directory.path("csv"))"
        </Plugin>
        \(plugins.map { "LoadPlugin \($0)\n" }.joined())
        """
    }

    /// What `Services.collectd` says about it.
    func service(_ members: JSONObject = [:]) -> JSONValue {
        var object: JSONObject = [
            "CommandPath": .string(Self.program), "ConfigPath": .string(path), "PIDPath": .string(pidFile),
        ]
        for member in members.members { object[member.name] = member.value }
        return .object(object)
    }

    func start() throws { try ChildProgram.run(Self.program, "-P", pidFile, "-C", path) }

    /// Its configuration.
    var path: String { directory.path("etc/collectd.conf") }

    /// The file with its number.
    var pidFile: String { directory.path("collectd.pid") }

    /// What stands in a file beside its configuration; `nil` where there is none.
    func text(_ ending: String = "") -> String? { try? directory.text(of: "etc/collectd.conf" + ending) }

    /// Its process, if it runs.
    var process: pid_t? {
        guard let text = try? directory.text(of: "collectd.pid"), let process = pid_t(text.filter(\.isNumber)),
            Self.name(of: process) == "collectd\n"
        else { return nil }
        return process
    }

    private static func name(of process: pid_t) -> String {
        guard let file = fopen("/proc/\(process)/comm", "r") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// Whether values of a plugin have come.
    func hasValues(of plugin: String) -> Bool { access(directory.path("csv/test/\(plugin)"), F_OK) == 0 }
}
