import Certificates
import CommandCatalog
import ConfigurationReader
import JSON
import MQTT
import PluginKit

/// The keys of the main file that tell where the brokers are and who we are to them.
struct BrokerSection {
    private let section: ConfigurationSection
    private let identity: HostIdentity

    init(_ section: ConfigurationSection, identity: HostIdentity) {
        self.section = section
        self.identity = identity
    }

    /// Reads the keys; `nil` when one is wrong, which has been reported.
    ///
    /// - `Host`: the broker, `host`, `host:port`, `[v6]:port`, also behind `mqtt://`, `tcp://`, `mqtts://`, `ssl://`;
    ///   or a list of 1 to 8 of them. All that follows is for each of them.
    /// - `Secure`: `true` for TLS; default `false`.
    /// - `CAFile`, `CertificateFile`, `KeyFile`: PEM files, see ``FileSource``; `%h` is the host. Without `CAFile` the
    ///   system's authorities are trusted.
    /// - `User`, `Password` or `PasswordFile`: who we are; `%h` in `User` is the host. See ``FileSource``.
    /// - `CleanSession`: `true` makes the broker forget us when the connection ends; default `false`.
    /// - `ReconnectInterval`: seconds, the longest wait between attempts; default 60, and never less than 1.
    ///
    /// - Returns: One set of options for each broker; they differ in the address only.
    func options(isWorldReadable: Bool) -> [MQTTOptions]? {
        let isSecure = section.value("Secure", .bool, default: false)
        let addresses = addresses(isSecure: isSecure)
        let tls = tls(isUsed: addresses?.contains(where: \.isTLS) ?? true)
        let credentials = credentials(isWorldReadable: isWorldReadable)
        let isClean = section.value("CleanSession", .bool, default: false)
        if isClean {
            section.warning("commands that are sent while the agent is not connected are lost", at: "CleanSession")
        }
        let cap = section.value("ReconnectInterval", Self.seconds)
        return addresses?.map { address in
            var options = MQTTOptions(address: address, clientID: "recoverd-agent-\(identity)")
            options.username = credentials.user
            options.password = credentials.password?.exposed
            options.tls = tls
            options.isCleanSession = isClean
            if let cap { options.reconnect = Backoff.Limits(cap: cap) }
            return options
        }
    }

    private func addresses(isSecure: Bool) -> [BrokerAddress]? {
        let one = Self.address(isSecure: isSecure)
        let oneOrMany = ConfigurationValue("\(one.expected), or a list of 1 to \(Self.mostBrokers) of them") {
            (json) throws(ConfigurationValueError) in
            json.array == nil ? try one.decoded(json) : nil
        }
        switch section.required("Host", oneOrMany) {
        case nil: return nil
        case let address??: return [address]
        case .some(nil): return list(of: one)
        }
    }

    private func list(of one: ConfigurationValue<BrokerAddress>) -> [BrokerAddress]? {
        var names: Set<String> = []
        let another = ConfigurationValue(one.expected) { (json) throws(ConfigurationValueError) in
            let address = try one.decoded(json)
            guard names.insert(address.name.lowercased()).inserted else {
                throw .because("\(address.name) stands in the list twice")
            }
            return address
        }
        let count = section.list("Host", of: ConfigurationValue("anything") { _ in () })?.count ?? 0
        guard (1...Self.mostBrokers).contains(count) else {
            section.mistake("lists \(count) brokers; 1 to \(Self.mostBrokers) can be used", at: "Host")
            return nil
        }
        let addresses = section.list("Host", of: another)
        return addresses?.isEmpty == false ? addresses : nil
    }

    /// Each has a thread and a session of its own; a pair is enough, and a fleet's brokers are a cluster.
    private static let mostBrokers = 8

    private static func address(isSecure: Bool) -> ConfigurationValue<BrokerAddress> {
        ConfigurationValue("the broker's address such as \"broker.example.org:1883\"") {
            (json) throws(ConfigurationValueError) in
            guard let text = json.string else { throw .unexpected }
            do throws(BrokerAddressError) {
                return try BrokerAddress(text, secure: isSecure)
            } catch {
                throw .because(error.description)
            }
        }
    }

    private static var seconds: ConfigurationValue<Duration> {
        ConfigurationValue("a number of seconds from 0 to 86400") { (json) throws(ConfigurationValueError) in
            let number: Double?
            switch json {
            case .integer(let value): number = Double(value)
            case .real(let value): number = value
            default: number = nil
            }
            guard let number, (0...86_400).contains(number) else { throw .unexpected }
            return .milliseconds(Int64(number * 1000))
        }
    }

    private func tls(isUsed: Bool) -> TLSOptions {
        let keys = ["CAFile", "CertificateFile", "KeyFile"]
        let paths = keys.map(path)
        let options = TLSOptions(caFile: paths[0], certificateFile: paths[1], keyFile: paths[2])
        guard let first = keys.first(where: { section.contains($0) }) else { return options }
        guard isUsed else {
            section.warning("is not used without TLS; set \"Secure\": true", at: first)
            return options
        }
        let (files, mistakes) = TransportFiles.read(options, now: .now)
        for mistake in mistakes { section.mistake(mistake.message, at: mistake.key) }
        if let certificate = files?.certificate(.client), files?.secondsLeft(.client, now: .now) ?? 0 < 0 {
            section.warning("the time of \(certificate.subject) is over; brokers will refuse it", at: "CertificateFile")
        }
        return options
    }

    private func credentials(isWorldReadable: Bool) -> (user: String?, password: Secret?) {
        let user = section.value("User", .text).flatMap { $0.isEmpty ? nil : identity.expanded(in: $0) }
        let password = section.value("Password", .secret).flatMap { $0.exposed.isEmpty ? nil : $0 }
        let file = path("PasswordFile")
        if password != nil, isWorldReadable {
            section.warning(
                "everybody may read the file that holds it; use: chmod o-r, or \"PasswordFile\"", at: "Password")
        }
        if password != nil, file != nil {
            section.mistake("stands beside \"Password\"; keep one of them", at: "PasswordFile")
        }
        if user == nil, password != nil || file != nil {
            section.mistake("needs \"User\"", at: password == nil ? "PasswordFile" : "Password")
        }
        return (user, password ?? file.flatMap(read))
    }

    private func read(_ path: String) -> Secret? {
        attempt("PasswordFile") { () throws(ConfigurationProblem) in Secret(try PasswordFile(path).password) }
    }

    /// The path under a key that names a file.
    private func path(_ key: String) -> String? {
        guard let source = section.value(key, .fileSource(on: identity)) else { return nil }
        return attempt(key) { () throws(ConfigurationProblem) in try source.path(credentials: FileSource.directory) }
    }

    private func attempt<Value>(_ key: String, _ body: () throws(ConfigurationProblem) -> Value) -> Value? {
        do throws(ConfigurationProblem) {
            return try body()
        } catch {
            section.mistake("\(error.file): \(error.message)", at: key)
            return nil
        }
    }
}
