import Glibc
import Replacement

/// The program mosquitto, and who starts it.
struct MosquittoProgram {
    /// The unit of our packages.
    static let unit = "recoverd-broker.service"
    private let path: String

    /// Finds it.
    init() throws(Failure) {
        let places = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"]
        guard let path = places.first(where: { access($0, X_OK) == 0 }) else {
            throw Failure(.configuration, "mosquitto is not installed; use: apt-get install mosquitto")
        }
        self.path = path
    }

    /// Becomes mosquitto; returns only where that fails.
    func become(configuration: String) throws(Failure) {
        let words: [String] = [path, "-c", configuration]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        // It shall find the signals as every program does.
        signal(SIGPIPE, SIG_DFL)
        execv(path, &arguments)
        throw Failure(.configuration, "cannot start \(path): \(String(cString: strerror(errno)))")
    }

    /// Makes sure that we may start the unit.
    static func requireUnits() throws(Failure) {
        guard access("/run/systemd/system", F_OK) == 0 else {
            throw Failure(.configuration, "systemd does not run here; use: recoverctl up --foreground")
        }
        guard geteuid() == 0 else {
            throw Failure(
                .usage, "only root may start a unit; use: sudo recoverctl up, or --foreground --directory DIR")
        }
    }

    /// Has systemd start it, now and at every boot; one that runs is started anew, with its files as they are now.
    func startUnit() throws(Failure) {
        // A change of a port needs a restart, and mosquitto keeps what waits for hosts over it.
        for arguments in [["enable", "--quiet", Self.unit], ["restart", Self.unit]] {
            try Self.systemctl(arguments)
        }
    }

    private static func systemctl(_ arguments: [String]) throws(Failure) {
        let end = ChildProgram.run(["/usr/bin/systemctl"] + arguments, timeout: .seconds(60))
        guard !end.isSuccess else { return }
        throw Failure(
            .configuration,
            "systemctl \(arguments.joined(separator: " ")): \(end.reason); what it says: "
                + "journalctl -u \(unit) -n 20")
    }
}
