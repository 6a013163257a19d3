import Certificates
import CommandCatalog
import Files
import Glibc
import JSON
import Joining
import Replacement

/// The files of a mosquitto of our own: two authorities, one for hosts and one for operators, its own certificate, its
/// configuration and its access list.
///
/// `docs/access-lists.md` says why hosts and operators have different authorities and different ports.
struct PrivateBroker {
    /// Where the files are.
    let directory: String
    /// Where hosts connect; operators do at the next one.
    let port: Int
    /// Under which names and addresses the broker may be found; the first one is told to hosts.
    let addresses: [String]
    /// Those that somebody named.
    private let givenAddresses: [String]
    private let group: gid_t

    /// What an operator is called to the broker; no host can have this name.
    static let operatorName = "operator"
    static let usualDirectory = "/etc/recoverd/broker"
    static let usualPort = 8883
    /// How long the certificates of hosts, operators and the broker are good: browsers' bound, which everybody knows.
    private static let days = 397

    /// Finds out what is asked for: what was asked for last time, unless something else is said now.
    init(directory: String, port: Int?, addresses: [String]) throws(Failure) {
        self.directory = directory
        let last = BrokerSettingsFile(directory)
        self.port = port ?? last.port ?? Self.usualPort
        givenAddresses = addresses.isEmpty ? last.addresses : addresses
        var seen: Set<String> = []
        self.addresses = (givenAddresses + OwnAddresses.networks + OwnAddresses.names + OwnAddresses.loopback)
            .filter { seen.insert($0).inserted }
        group = try Self.group()
    }

    /// Where hosts find it.
    var address: String { "mqtts://\(Self.bracketed(addresses[0])):\(port)" }

    /// Where operators find it, from everywhere.
    var operatorAddress: String { "mqtts://\(Self.bracketed(addresses[0])):\(port + 1)" }

    /// The configuration that mosquitto is started with.
    var configuration: String { "\(directory)/mosquitto.conf" }

    /// Writes what is missing, and everything that depends on the addresses and the time.
    func prepare() throws(Failure) {
        // mosquitto has to find the way to them.
        try Failure.passing { () throws(FileFailure) in try FileTree.make(directory, mode: 0o755) }
        try own(directory, mode: 0o750)
        for kind in ["hosts", "operators", "conf.d"] {
            try makeDirectory("\(directory)/\(kind)", mode: 0o750)
        }
        if directory != Self.usualDirectory { try makeDirectory("\(directory)/store", mode: 0o770) }
        let hosts = try authority("hosts")
        _ = try authority("operators")
        try certify(by: hosts)
        try write("access.acl", Self.accessList)
        try write("mosquitto.conf", configurationText)
        try write("up.json", BrokerSettingsFile.text(port: port, addresses: givenAddresses))
    }

    /// Makes what a host needs.
    func code(for host: HostIdentity) throws(Failure) -> JoinCode {
        let authority = try authority("hosts")
        let pair = try Failure.passing { () throws(CertificateError) in
            try authority.pair(for: host, until: authority.end(afterDays: Self.days).seconds)
        }
        return JoinCode(
            host: host, broker: address, authority: String(decoding: authority.pem, as: UTF8.self),
            certificate: pair.certificate, key: pair.key)
    }

    /// Makes what an operator needs: a key, its certificate, and whom to trust.
    func operatorPair() throws(Failure) -> (key: String, certificate: String, authority: String) {
        let authority = try authority("operators")
        guard let name = HostIdentity(Self.operatorName) else { preconditionFailure("a name of ours") }
        let pair = try Failure.passing { () throws(CertificateError) in
            try authority.pair(for: name, until: authority.end(afterDays: Self.days).seconds)
        }
        let broker = try self.authority("hosts").pem
        return (pair.key, pair.certificate, String(decoding: broker, as: UTF8.self))
    }

    /// The group that mosquitto runs in, where we can give it files; otherwise it runs as we do.
    private static func group() throws(Failure) -> gid_t {
        guard geteuid() == 0 else { return getegid() }
        guard let entry = getgrnam("mosquitto") else {
            throw Failure(.configuration, "mosquitto is not installed; use: apt-get install mosquitto")
        }
        return entry.pointee.gr_gid
    }

    /// An authority; it is made where it is missing.
    private func authority(_ kind: String) throws(Failure) -> EnrollingAuthority {
        let place = "\(directory)/\(kind)"
        try Self.makeKey("\(place)/ca.key")
        return try EnrollingAuthority(
            keyFile: "\(place)/ca.key", certificateFile: nil, directory: place, now: Timestamp.now)
    }

    /// The broker's own certificate is renewed every time; its key stays, so that at any moment they fit each other.
    private func certify(by authority: EnrollingAuthority) throws(Failure) {
        let path = "\(directory)/broker.key"
        try Self.makeKey(path)
        try own(path, mode: 0o640)
        let key = try Enroll.read(path)
        let certificate = try Failure.passing { () throws(CertificateError) in
            try authority.certificate(
                forServer: addresses, key: PrivateKey(pem: key), until: authority.end(afterDays: Self.days).seconds)
        }
        try write("broker.pem", certificate)
    }

    /// Makes a key where there is none; a crash leaves none or the whole of it.
    private static func makeKey(_ path: String) throws(Failure) {
        if FileTree.isThere(path) { return }
        let key = try Failure.passing { () throws(CertificateError) in try PrivateKey.random().pem }
        try Failure.passing { () throws(FileFailure) in try WholeFile.replace(path, Array(key.utf8)) }
    }

    private func write(_ name: String, _ text: String) throws(Failure) {
        let path = "\(directory)/\(name)"
        try Failure.passing { () throws(FileFailure) in
            try WholeFile.replace(
                path, Array(text.utf8), FileRights(user: geteuid(), group: group, mode: 0o640))
        }
    }

    private func makeDirectory(_ path: String, mode: mode_t) throws(Failure) {
        try Failure.passing { () throws(FileFailure) in try FileTree.make(path) }
        try own(path, mode: mode)
    }

    private func own(_ path: String, mode: mode_t) throws(Failure) {
        guard chown(path, geteuid(), group) == 0, chmod(path, mode) == 0 else {
            throw Failure(.configuration, FileFailure(path, cannotBe: "given to mosquitto", errno: errno).description)
        }
    }

    private static func bracketed(_ address: String) -> String {
        address.contains(":") ? "[\(address)]" : address
    }
}

extension PrivateBroker {
    /// What mosquitto is told.
    private var configurationText: String {
        // Where systemd starts it, the unit has a directory for it.
        let isUsual = directory == Self.usualDirectory
        let store = isUsual ? "/var/lib/recoverd-broker/" : "\(directory)/store/"
        // Elsewhere the way to the files may be closed to the user that mosquitto would become.
        let user = isUsual || geteuid() != 0 ? "" : "user root\n"
        return """
            # Written anew by every `recoverctl up`; lines of your own belong into files conf.d/*.conf.
            \(user)\
            allow_anonymous false
            acl_file \(directory)/access.acl
            persistence true
            persistence_location \(store)
            include_dir \(directory)/conf.d

            # Hosts. Nobody can take another one's session by its client identifier.
            listener \(port)
            certfile \(directory)/broker.pem
            keyfile \(directory)/broker.key
            cafile \(directory)/hosts/ca.pem
            require_certificate true
            use_identity_as_username true
            use_username_as_clientid true

            # Operators, who have several connections at a time.
            listener \(port + 1)
            certfile \(directory)/broker.pem
            keyfile \(directory)/broker.key
            cafile \(directory)/operators/ca.pem
            require_certificate true
            use_identity_as_username true

            """
    }

    /// Who may what, as in conf/access-lists/mosquitto.acl.
    private static let accessList = """
        pattern read recovery/%u/command
        pattern write recovery/%u/result
        pattern write recovery/%u/event
        pattern write recovery/%u/online
        pattern write recovery/%u/status
        pattern write recovery/%u/catalog

        user \(operatorName)
        topic write recovery/+/command
        topic read recovery/+/result
        topic read recovery/+/event
        topic read recovery/+/online
        topic read recovery/+/status
        topic read recovery/+/catalog
        topic write recovery/+/online
        topic write recovery/+/status
        topic write recovery/+/catalog

        """
}

/// What was asked for when the broker was set up.
struct BrokerSettingsFile {
    let port: Int?
    let addresses: [String]

    /// Reads the file; one that is missing or not ours says nothing.
    init(_ directory: String) {
        let object = (try? Enroll.read("\(directory)/up.json")).flatMap { try? JSONText($0) }?.value.object
        port = object?["port"]?.integer.map(Int.init)
        addresses = (object?["addresses"]?.array ?? []).compactMap(\.string)
    }

    static func text(port: Int, addresses: [String]) -> String {
        let object: JSONObject = [
            "port": .integer(Int64(port)), "addresses": .array(addresses.map(JSONValue.string)),
        ]
        return JSONValue.object(object).text + "\n"
    }
}
