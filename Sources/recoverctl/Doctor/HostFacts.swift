import AgentControl
import CSystem
import CommandCatalog
import ConfigurationReader
import Files
import Glibc
import JSON
import MQTT
import Replacement

/// What can be seen of a host from outside its agent.
struct HostFacts {
    /// What became of the question to the agent.
    enum Agent: Equatable {
        case answers(JSONObject)
        case isSilent(String)
        /// Only root may ask.
        case mayNotBeAsked(String)
    }

    /// The state directory.
    struct Directory: Equatable {
        var isThere = true
        var isOurs = true
        var isOpenToOthers = false
        var isReadOnly = false
        /// Bytes that the agent may still write.
        var free: UInt64 = 1 << 40
        /// How many of a hundred.
        var freePercent = 100
    }

    var mainFile: String
    var stateDirectory: String
    var isMainFileThere = true
    /// What `recoverd-agent check` says; `nil`: the program is not here.
    var check: ChildProgram.End?
    var directory = Directory()
    var agent: Agent
    /// What is wrong with the way to the brokers that the agent is not connected to, by the broker's name; empty: nothing.
    var ways: [String: String] = [:]
    /// Whether the kernel says that something keeps its clock right.
    var isClockKept = true
    /// Whether units can be started.
    var hasSystemd = true
}

// MARK: - Gathering

extension HostFacts {
    /// Looks around.
    static func gather(mainFile: String, stateDirectory: String) -> HostFacts {
        var facts = HostFacts(
            mainFile: mainFile, stateDirectory: stateDirectory, isMainFileThere: isThere(mainFile),
            directory: directory(stateDirectory), agent: agent(stateDirectory), isClockKept: csystem_clock_is_kept(),
            hasSystemd: access("/run/systemd/system", F_OK) == 0)
        if facts.isMainFileThere { facts.check = check(mainFile) }
        for broker in facts.brokersToLookAt { facts.ways[broker.name] = way(to: broker) ?? "" }
        return facts
    }

    /// Those that the agent is not connected to; all of the main file, where no agent answers.
    private var brokersToLookAt: [BrokerAddress] {
        let written = (try? TrustedFile(mainFile)).flatMap { try? JSONText($0.bytes) }?.value.object ?? [:]
        let isSecure = written["Secure"]?.bool ?? false
        let texts = written["Host"]?.string.map { [$0] } ?? (written["Host"]?.array ?? []).compactMap(\.string)
        let addresses = texts.compactMap { try? BrokerAddress($0, secure: isSecure) }
        guard case .answers(let status) = agent else { return addresses }
        let brokers = status["mqtt"]?.object?["brokers"]?.object ?? [:]
        return addresses.filter { brokers[$0.name]?.object?["connected"]?.bool != true }
    }

    private static func agent(_ directory: String) -> Agent {
        do throws(ControlFailure) {
            let reply = try ControlClient(directory: directory).ask(AgentTask("status"))
            return reply.object.map(Agent.answers) ?? .isSilent("it answers what this program cannot read")
        } catch {
            return error.kind == .refused ? .mayNotBeAsked(error.description) : .isSilent(error.description)
        }
    }

    private static func directory(_ path: String) -> Directory {
        var (status, system, found) = (stat(), statvfs(), Directory())
        guard stat(path, &status) == 0 else { return Directory(isThere: false) }
        found.isOurs = status.st_uid == geteuid() || status.st_uid == 0
        found.isOpenToOthers = status.st_mode & 0o022 != 0
        guard statvfs(path, &system) == 0 else { return found }
        found.isReadOnly = system.f_flag & UInt(ST_RDONLY) != 0
        found.free = UInt64(system.f_bavail) * UInt64(system.f_frsize)
        found.freePercent = system.f_blocks == 0 ? 100 : Int(system.f_bavail * 100 / system.f_blocks)
        return found
    }

    /// Whether a file is there, or hidden from us: then the check says so.
    private static func isThere(_ path: String) -> Bool { FileTree.isThere(path) || FileTree.doubt(about: path) != nil }

    /// A mistake in the configuration, or how it is summed up.
    private static func check(_ file: String) -> ChildProgram.End? {
        let places = ["/usr/sbin", "/usr/local/sbin", "/usr/bin"].map { "\($0)/recoverd-agent" }
        guard let program = ([ownDirectory + "/recoverd-agent"] + places).first(where: { access($0, X_OK) == 0 }) else {
            return nil
        }
        // Where the unit hands credentials over; root may look at them.
        setenv("CREDENTIALS_DIRECTORY", "/run/credentials/recoverd-agent.service", 0)
        return ChildProgram.run([program, "check", file], timeout: .seconds(20))
    }

    private static var ownDirectory: String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return FileTree.parent(of: path)
    }

    /// How long a broker may take to accept a connection.
    private static let patience: CInt = 3000

    /// Why no connection to a broker can be made; `nil`: one can.
    ///
    /// Who the broker is, and whether it lets us in, only the agent finds out: a second connection in its name would throw
    /// it out.
    private static func way(to broker: BrokerAddress) -> String? {
        var (hints, found) = (addrinfo(), UnsafeMutablePointer<addrinfo>?.none)
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        let code = getaddrinfo(broker.host, "\(broker.port)", &hints, &found)
        guard code == 0 else { return "\(broker.host) is not found: \(String(cString: gai_strerror(code)))" }
        defer { freeaddrinfo(found) }
        var last = ""
        for address in sequence(first: found, next: { $0?.pointee.ai_next }).compactMap(\.self) {
            guard let failure = failure(to: address.pointee) else { return nil }
            last = failure
        }
        return last
    }

    private static func failure(to address: addrinfo) -> String? {
        let descriptor = socket(
            address.ai_family, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return String(cString: strerror(errno)) }
        defer { close(descriptor) }
        if connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return nil }
        guard errno == EINPROGRESS else { return String(cString: strerror(errno)) }
        var set = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&set, 1, patience) == 1 else { return "no answer within \(patience / 1000) s" }
        var (error, size) = (CInt(0), socklen_t(MemoryLayout<CInt>.size))
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0, error != 0 else { return nil }
        return String(cString: strerror(error))
    }
}
