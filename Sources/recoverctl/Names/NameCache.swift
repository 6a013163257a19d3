import CommandCatalog
import ConfigurationReader
import Files
import Glibc
import JSON
import MQTT

/// The names of hosts, their services and commands, kept for the completion of the shell, which must not wait for a broker.
struct NameCache: Equatable {
    /// The commands of the services of the hosts.
    private(set) var hosts: [HostIdentity: [String: [String]]] = [:]

    /// A file of ten thousand hosts with a hundred commands each is as large.
    static let largestSize = 64 << 20
    /// Hosts that are kept; of more, those that came first.
    static let mostHosts = 20_000

    /// Nothing is known.
    init() {}

    /// The file: `recoverd/names.json` where caches are (XDG Base Directory Specification).
    ///
    /// - Returns: `nil` where there is no home directory.
    static func path(environment: (String) -> String?) -> String? {
        if let directory = environment("XDG_CACHE_HOME"), directory.hasPrefix("/") {
            return "\(directory)/recoverd/names.json"
        }
        return environment("HOME").flatMap { $0.hasPrefix("/") ? "\($0)/.cache/recoverd/names.json" : nil }
    }

    /// Takes note of a message; whether it is a host's catalog.
    mutating func take(_ message: ReceivedMessage, root: String) -> Bool {
        let levels = message.topic.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard levels.count > 2, levels.last == "catalog", let host = HostIdentity(levels[levels.count - 2]),
            HostTopics(root: root, host: host)?.catalog.description == message.topic
        else { return false }
        guard let services = (try? JSONText(message.payload))?.value.object?["services"]?.object else {
            hosts[host] = nil
            return true
        }
        guard hosts[host] != nil || hosts.count < Self.mostHosts else { return true }
        hosts[host] = Dictionary(
            services.members.map { service in
                (service.name, service.value.object?["commands"]?.object?.members.map(\.name) ?? [])
            }, uniquingKeysWith: { $1 })
        return true
    }

    /// The names of the hosts, in their order.
    var hostNames: [String] { hosts.keys.map(\.description).sorted() }

    /// The names of the services of a host, or of all hosts, in their order.
    func services(of host: HostIdentity?) -> [String] { Set(catalogs(of: host).flatMap(\.keys)).sorted() }

    /// The names of the commands of a service of a host, or of all hosts, in their order.
    func commands(of service: String, on host: HostIdentity?) -> [String] {
        Set(catalogs(of: host).flatMap { $0[service] ?? [] }).sorted()
    }

    private func catalogs(of host: HostIdentity?) -> [[String: [String]]] {
        guard let host else { return Array(hosts.values) }
        return hosts[host].map { [$0] } ?? []
    }
}

// MARK: - The file

extension NameCache {
    /// What a file says; nothing where there is none, or one that makes no sense.
    init(file: String) {
        guard let bytes = try? TrustedFile(file).bytes,
            let hosts = (try? JSONText(bytes))?.value.object?["hosts"]?.object
        else { return }
        for member in hosts.members {
            guard let host = HostIdentity(member.name), let services = member.value.object else { continue }
            self.hosts[host] = Dictionary(
                services.members.map { ($0.name, $0.value.array?.compactMap(\.string) ?? []) },
                uniquingKeysWith: { $1 })
        }
    }

    /// Puts the file in place of an older one.
    ///
    /// - Throws: Why it cannot be written.
    func write(to file: String) throws(Failure) {
        try Failure.passing { () throws(FileFailure) in
            try FileTree.make(FileTree.parent(of: file))
            try WholeFile.replace(file, JSONValue.object(json).bytes, isDurable: false, isShared: true)
        }
    }

    private var json: JSONObject {
        let hosts = hosts.sorted { $0.key.description < $1.key.description }.map { host, services in
            (
                host.description,
                JSONValue.object(
                    JSONObject(
                        services.sorted { $0.key < $1.key }.map { service, commands in
                            (service, JSONValue.array(commands.map(JSONValue.string)))
                        }))
            )
        }
        return ["v": 1, "hosts": .object(JSONObject(hosts))]
    }
}
