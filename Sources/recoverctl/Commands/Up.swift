import ArgumentParser
import CommandCatalog
import Glibc
import Joining
import MQTT
import ProgramOptions

/// `recoverctl up`: a broker of one's own, and the line by which a host joins it.
struct Up: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Starts a private mosquitto with TLS, and prints for each host the line by which it joins.",
        discussion: """
            The lines go to standard output, so that one can be piped to the host:
              recoverctl up web02 | ssh root@web02 sh
            Each holds a new private key: whoever has it is that host to the broker. Run again it keeps what is there, \
            and renews the broker's certificate.
            """)

    @Argument(help: "The hosts that shall join.")
    var hosts: [String] = []
    @Option(help: "A name or address under which hosts find this machine, once or several times; default all it has.")
    var address: [String] = []
    @Option(help: "The port for hosts; operators use the next one; default \(PrivateBroker.usualPort).")
    var port: Int?
    @Option(help: "The directory for the files of the broker.")
    var directory = PrivateBroker.usualDirectory
    @Flag(help: "Run mosquitto in the foreground, where systemd does not run.")
    var foreground = false

    func validate() throws {
        guard port.map({ (1..<65_535).contains($0) }) ?? true else {
            throw ValidationError("--port is a number from 1 to 65534")
        }
        guard directory.hasPrefix("/") else { throw ValidationError("--directory is an absolute path") }
        guard directory == PrivateBroker.usualDirectory || foreground else {
            throw ValidationError("another --directory needs --foreground: the unit knows its own only")
        }
    }

    func run() throws {
        let hosts = try Self.identities(hosts)
        let program = try MosquittoProgram()
        // Before anything is written.
        if !foreground { try MosquittoProgram.requireUnits() }
        umask(0o077)
        let broker = try PrivateBroker(directory: directory, port: port, addresses: address)
        try broker.prepare()
        let options = try OperatorFiles(broker).write()
        if foreground {
            try print(hosts, broker)
            Output.complain("mosquitto runs in the foreground; Ctrl-C ends it")
            try program.become(configuration: broker.configuration)
        }
        try program.startUnit()
        try Self.awaitBroker(options)
        Output.complain("the broker is at \(broker.address), as the unit \(MosquittoProgram.unit)")
        try print(hosts, broker)
    }

    private func print(_ hosts: [HostIdentity], _ broker: PrivateBroker) throws(Failure) {
        for host in hosts {
            Output.print(plain: "echo \(try broker.code(for: host).text) | recoverd-agent join -")
        }
        if hosts.isEmpty { Output.complain("next: recoverctl up HOST prints the line by which HOST joins") }
    }

    private static func identities(_ names: [String]) throws(Failure) -> [HostIdentity] {
        var hosts: [HostIdentity] = []
        for name in names {
            let host = try HostName.read(name, of: "HOST")
            guard name != PrivateBroker.operatorName else {
                throw Failure(.usage, "\(name) is what operators are called to the broker; no host can have this name")
            }
            guard !hosts.contains(host) else { throw Failure(.usage, "\(name) is named twice") }
            hosts.append(host)
        }
        return hosts
    }

    /// Waits until the broker lets an operator in.
    private static func awaitBroker(_ file: String) throws(Failure) {
        let settings: BrokerSettings
        do throws(UsageError) {
            // Of this file alone, whatever else the environment names.
            settings = try BrokerSettings(MergedOptions([try OptionsFile.read(file)]), timeout: nil)
        } catch {
            throw Failure(.configuration, error.description)
        }
        let end = ContinuousClock.now + .seconds(15)
        while true {
            do throws(Failure) {
                return try BrokerSession(settings, hearing: Fleet.subscriptions(root: settings.root)).leave()
            } catch {
                guard error.status == .noBroker, .now < end else {
                    throw Failure(
                        error.status, error.message + "; what it says: journalctl -u \(MosquittoProgram.unit) -n 20")
                }
            }
            usleep(200_000)
        }
    }
}
