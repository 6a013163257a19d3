public import ConfigurationReader
internal import Glibc
internal import JSON

extension CommandSettings {
    /// How long a command may be allowed to run at most.
    static let timeouts: ClosedRange<Duration> = .milliseconds(100)...(.seconds(7 * 86_400))

    /// For how long a command may be refused after a start.
    static let cooldowns: ClosedRange<Duration> = .seconds(1)...(.seconds(7 * 86_400))

    /// Reads the settings of a command.
    ///
    /// - `timeout` (duration, the main file's `DefaultTimeout`, `"100ms"` to `"7d"`): then the process tree is ended.
    /// - `output` (bytes, 262144, 1 to 1048576): how much of each stream is kept, head and tail.
    /// - `user`, `group` (name or decimal id): by default as the agent, and the user's own group.
    /// - `directory` (absolute path, `"/"`): where it runs.
    /// - `environment` (object of strings): beside the fixed minimal one.
    /// - `umask` (octal digits, `"022"`): the file mode creation mask.
    /// - `limits` (object): `core`, `cpu`, `file-size`, `open-files`, `processes`, `address-space`.
    /// - `capabilities` (array of names, those of the user): the only ones that it has, beyond which it can get none.
    /// - `no_new_privileges` (boolean, false): whether set-user-ID programs and file capabilities give it nothing.
    /// - `lock` (name): commands with the same lock wait for each other.
    /// - `interrupted` (`"report"` or `"rerun"`, `"report"`): what is done when nobody can know how far it came.
    /// - `without_journal` (boolean, false): whether it runs even when the journal cannot be written.
    /// - `cooldown` (duration, `"1s"` to `"7d"`): for so long after a start it is refused.
    /// - `backend` (`"runner"` or `"systemd"`, the main file's `Backend`): who makes its process.
    init(_ section: ConfigurationSection, defaults: CommandDefaults) {
        self.init()
        timeout = section.value("timeout", .duration(in: Self.timeouts), default: defaults.timeout)
        output = section.value("output", .integer(in: 1...1_048_576), default: output)
        user = section.value("user", .user)
        group = section.value("group", .group)
        directory = section.value("directory", .absolutePath, default: directory)
        umask = section.value("umask", .fileMode)
        capabilities = section.list("capabilities", of: .capability).map { names in
            names.reduce(into: Capabilities()) { $0.insert($1) }
        }
        forbidsNewPrivileges = section.value("no_new_privileges", .bool, default: forbidsNewPrivileges)
        lock = section.value("lock", .name)
        rerunsWhenInterrupted = section.value(
            "interrupted", .choice([("report", false), ("rerun", true)]), default: rerunsWhenInterrupted)
        runsWithoutJournal = section.value("without_journal", .bool, default: runsWithoutJournal)
        cooldown = section.value("cooldown", .duration(in: Self.cooldowns))
        backend = section.value("backend", .backend, default: defaults.backend)
        environment = Self.environment(section.section("environment"))
        limits = Self.limits(section.section("limits"))
    }

    /// The uid of `user`, as it is now; `nil`: none is named.
    var userID: UInt32? { user.flatMap { name in getpwnam(name).map(\.pointee.pw_uid) ?? UInt32(name) } }

    private static func environment(_ section: ConfigurationSection?) -> [EnvironmentVariable] {
        guard let section else { return [] }
        return section.names().compactMap { name in
            guard let value = section.value(name, .text) else { return nil }
            if let reason = reasonAgainst(name, value) {
                section.mistake(reason, at: name)
                return nil
            }
            return EnvironmentVariable(name: name, value: value)
        }
    }

    private static func reasonAgainst(_ name: String, _ value: String) -> String? {
        if name.isEmpty || name.utf8.contains(UInt8(ascii: "=")) { return "is no name of a variable" }
        if name.utf8.starts(with: "LD_".utf8) {
            return "would change what the program loads; where it is meant, run it through /usr/bin/env"
        }
        return name == "PATH" && value.isEmpty ? "an empty PATH means the working directory; leave it out" : nil
    }

    private static func limits(_ section: ConfigurationSection?) -> [ResourceLimit] {
        guard let section else { return [] }
        return ResourceLimit.Resource.allCases.compactMap { resource in
            section.value(resource.rawValue, .integer(in: 0...Int.max)).map { ResourceLimit(resource, UInt64($0)) }
        }
    }
}

extension ConfigurationValue where Value == CommandBackend {
    /// Who makes the process of a command.
    public static var backend: Self { choice(CommandBackend.allCases.map { ($0.rawValue, $0) }) }
}

extension ConfigurationValue where Value == Name {
    /// A name.
    static var name: Self { parsed("1 to 255 bytes without control characters") { Name($0) } }
}

extension ConfigurationValue where Value == String {
    /// The name of a capability.
    fileprivate static var capability: Self {
        Self("the name of a capability such as \"CAP_NET_ADMIN\"") { (json) throws(ConfigurationValueError) in
            guard let text = json.string else { throw .unexpected }
            var probe = Capabilities()
            guard probe.insert(text) else {
                let name = text.uppercased()
                let short = name.hasPrefix("CAP_") ? String(name.dropFirst(4)) : name
                let nearest = NearestName(of: short, among: Capabilities.names).nearest
                throw .because(
                    "there is no capability \(text.debugDescription)"
                        + (nearest.map { "; did you mean \"CAP_\($0)\"?" } ?? ""))
            }
            return text
        }
    }
}

extension ConfigurationValue where Value == UInt32 {
    /// A file mode creation mask.
    static var fileMode: Self {
        parsed("octal digits such as \"022\"") { text in
            // The initializer would take a sign.
            guard text.utf8.first != UInt8(ascii: "+"), let mode = UInt32(text, radix: 8), mode <= 0o777
            else { return nil }
            return mode
        }
    }
}

extension ConfigurationValue where Value == String {
    /// A user of this host, by name or decimal id.
    static var user: Self { account("user") { getpwnam($0) != nil } }

    /// A group of this host, by name or decimal id.
    static var group: Self { account("group") { getgrnam($0) != nil } }

    private static func account(_ word: String, exists: @escaping (String) -> Bool) -> Self {
        Self("the name or decimal id of a \(word)") { (json) throws(ConfigurationValueError) in
            guard let text = json.string, !text.isEmpty else { throw .unexpected }
            if UInt32(text).map({ "\($0)" == text && $0 != UInt32.max }) ?? false { return text }
            guard exists(text) else { throw .because("there is no \(word) \(text.debugDescription) on this host") }
            return text
        }
    }
}
