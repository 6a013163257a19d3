internal import ConfigurationReader
internal import Glibc
internal import JSON

extension ConfigurationDefinition {
    /// Reads the `configuration` of a service.
    ///
    /// - `path` (absolute path): its one file. Or
    /// - `files` (object): names that messages use, and their paths; a name and a path that end in `/` are a directory, whose
    ///   files have their own names behind it.
    /// - `check` (array or shell line): looks at the new configuration first. In an array `{file}` is the first file and
    ///   `{directory}` the directory in which all stand under their names; a line finds them as `$1` and `$2`.
    /// - `reload`, or `restart`, or `stop` and `start` (arrays or shell lines): how the service takes it up; none: by itself.
    /// - `running` (array or shell line): ends with success while the service runs.
    /// - `timeout` (duration, `"30s"`, `"1s"` to `"10m"`): of each of these.
    /// - `start_time` (duration, `"10s"`, `"1s"` to `"10m"`): within which the service must run.
    /// - `settle` (duration, `"2s"`, `"0s"` to `"10m"`): for how long it must then go on running.
    /// - `confirm` (duration, that of the plugin, `"5s"` to `"1h"`): within which a broker must be reached again.
    /// - `owner`, `group` (name or id), `mode` (octal digits): of the files; as before where they say nothing.
    ///
    /// - Parameters:
    ///   - section: The object.
    ///   - base: What holds where it names neither `path` nor `files`; `nil`: it must.
    init?(_ section: ConfigurationSection, base: ConfigurationDefinition? = nil) {
        if let base, section["path"] == nil, section["files"] == nil {
            self = base
            read(section)
            return
        }
        let places = Self.places(in: section)
        let timeout = section.value(
            "timeout", .duration(in: .seconds(1)...(.seconds(600))), default: .seconds(30))
        let taking = Self.taking(in: section, timeout)
        self.init(places: places, taking: taking)
        read(section)
        if check == nil, !section.contains("check") {
            section.warning(
                "has no \"check\": a broken configuration is found only when the service does not take it; proceeding")
        }
        guard !places.isEmpty else { return nil }
    }

    private mutating func read(_ section: ConfigurationSection) {
        let timeout = section.value(
            "timeout", .duration(in: .seconds(1)...(.seconds(600))), default: .seconds(30))
        check = Self.action("check", in: section, timeout, variables: ["file", "directory"])
        running = Self.action("running", in: section, timeout)
        readTimes(section)
        readRights(section)
    }

    private mutating func readTimes(_ section: ConfigurationSection) {
        startTime = section.value(
            "start_time", .duration(in: .seconds(1)...(.seconds(600))), default: startTime)
        settleTime = section.value("settle", .duration(in: .zero...(.seconds(600))), default: settleTime)
        confirmTime = section.value("confirm", .duration(in: .seconds(5)...(.seconds(3600))))
    }

    private mutating func readRights(_ section: ConfigurationSection) {
        owner = section.value("owner", .user)
        group = section.value("group", .group)
        mode = section.value("mode", .fileMode)
        if let mode, mode & 0o022 != 0 {
            section.warning("others than the owner may write the files then; proceeding", at: "mode")
        }
    }

    private static func places(in section: ConfigurationSection) -> [Place] {
        if section["files"] == nil {
            guard let path = section.required("path", .filePath) else { return [] }
            let name = path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]
            return [Place(name: String(name), path: path)]
        }
        if section.contains("path") { section.mistake("expected one of \"path\" and \"files\", found both") }
        guard let files = section.section("files") else { return [] }
        let places = files.names().compactMap { name in place(name, in: files) }
        if files.names().isEmpty { section.mistake("expected names and paths of files", at: "files") }
        if places.first?.isDirectory == true {
            section.mistake("the first of them must be a file, the one that a plain text replaces", at: "files")
        }
        return places
    }

    private static func place(_ name: String, in files: ConfigurationSection) -> Place? {
        guard let path = files.value(name, .absolutePath) else { return nil }
        let place = Place(name: name, path: path)
        let word = name.utf8.last == UInt8(ascii: "/") ? String(name.dropLast()) : name
        guard ReplaceRequest.isFileName(word) else {
            files.mistake("expected a name such as \"site.conf\" or \"conf.d/\"", at: name)
            return nil
        }
        guard place.isDirectory == (name.utf8.last == UInt8(ascii: "/")) else {
            files.mistake("name and path of a directory both end in \"/\", those of a file do not", at: name)
            return nil
        }
        return place
    }

    private static func taking(in section: ConfigurationSection, _ timeout: Duration) -> Taking {
        let reload = action("reload", in: section, timeout)
        let restart = action("restart", in: section, timeout)
        let (stop, start) = (action("stop", in: section, timeout), action("start", in: section, timeout))
        let ways = ["reload", "restart", "stop"].filter { section[$0] != nil }
        if ways.count > 1 {
            section.mistake("expected one of \"reload\", \"restart\", and \"stop\" with \"start\", found \(ways.count)")
        }
        if (section["stop"] == nil) != (section["start"] == nil) {
            section.mistake("\"stop\" and \"start\" belong together")
        }
        if let reload { return .reload(reload) }
        if let restart { return .restart(restart) }
        if let stop, let start { return .stopAndStart(stop: stop, start: start) }
        return .none
    }

    /// Reads what is run: an array of words, or a line for the shell.
    static func action(
        _ key: String, in section: ConfigurationSection, _ timeout: Duration, variables: [String] = []
    ) -> Action? {
        guard section[key]?.array != nil else {
            return section.value(key, .shellLine).map { Action(.shell($0), timeout: timeout) }
        }
        let elements = section.list(key, of: .argument) ?? []
        let unknown = elements.flatMap(\.parameters).map(\.text).filter { !variables.contains($0) }
        if let name = unknown.first {
            section.mistake("there is no {\(name)} here; write {{ for a brace", at: key)
        }
        guard case .text(let program)? = elements.first?.parts.first, program.utf8.first == UInt8(ascii: "/"),
            elements.first?.parameters.isEmpty == true
        else {
            section.mistake("expected an absolute path as first element; there is no search in PATH", at: key)
            return nil
        }
        warn(of: program, key, in: section)
        return Action(.program(elements.map(\.written)), timeout: timeout)
    }

    private static func warn(of program: String, _ key: String, in section: ConfigurationSection) {
        switch ProgramTrust(of: program, runAs: nil) {
        case .trusted: break
        case .doubtful(let reason): section.warning("\(reason); proceeding", at: key)
        case .refused(let reason): section.warning("\(reason); until then it is not executed", at: key)
        }
    }
}

extension ConfigurationDefinition {
    /// Reads the keys that the predecessor has in `Services.collectd`; `nil` where none of them is there.
    ///
    /// - `CommandPath` (path): the program, `/usr/sbin/collectd` or `/opt/collectd/sbin/collectd`, whichever there is.
    /// - `ConfigPath`, `PIDPath` (paths): its configuration and the file with its number, as that one has them.
    /// - `ReplacerReportPath`, `LuaPath`: not needed any more.
    init?(predecessor section: ConfigurationSection) {
        let keys = ["CommandPath", "ConfigPath", "PIDPath", "ReplacerReportPath"]
        guard keys.contains(where: { section[$0] != nil }) else { return nil }
        let program = section.value("CommandPath", .filePath)
        if let program { Self.warn(of: program, "CommandPath", in: section) }
        self = .collectd(
            program: program, configuration: section.value("ConfigPath", .filePath),
            pidFile: section.value("PIDPath", .filePath))
        guard case .collectd(var paths) = taking else { return nil }
        if let commands = section.section("commands") {
            paths.stop = Self.line("stop", in: commands)
            paths.start = Self.line("start", in: commands)
        }
        taking = .collectd(paths)
    }

    /// The commands are read as commands too, which tells what is wrong with them.
    private static func line(_ key: String, in commands: ConfigurationSection) -> Action? {
        commands[key]?.string.map { Action(.shell($0), timeout: .seconds(60)) }
    }

    /// The collectd of this host, with other paths than the usual where some are given.
    public static func collectd(
        program: String?, configuration: String?, pidFile: String?
    ) -> ConfigurationDefinition {
        var definition = collectd ?? collectd(below: "")
        if let configuration { definition.places = [Place(name: "collectd.conf", path: configuration)] }
        guard case .collectd(var paths) = definition.taking else { return definition }
        if let program { paths.program = program }
        if let pidFile { paths.pidFile = pidFile }
        definition.taking = .collectd(paths)
        return definition
    }

    /// The collectd of this host, where its packages or its own installation put it; `nil`: there is none.
    public static var collectd: ConfigurationDefinition? {
        for prefix in ["", "/opt/collectd"] {
            let program = prefix.isEmpty ? "/usr/sbin/collectd" : "\(prefix)/sbin/collectd"
            if access(program, X_OK) == 0 { return collectd(below: prefix) }
        }
        return nil
    }

    private static func collectd(below prefix: String) -> ConfigurationDefinition {
        let isSystem = prefix.isEmpty
        let program = isSystem ? "/usr/sbin/collectd" : "\(prefix)/sbin/collectd"
        let packaged = "/etc/collectd/collectd.conf"
        let configuration =
            isSystem ? (access(packaged, F_OK) == 0 ? packaged : "/etc/collectd.conf") : "\(prefix)/etc/collectd.conf"
        let pidFile = isSystem ? "/var/run/collectd.pid" : "\(prefix)/var/run/collectd.pid"
        return ConfigurationDefinition(
            places: [Place(name: "collectd.conf", path: configuration)],
            taking: .collectd(CollectdPaths(program: program, pidFile: pidFile)))
    }
}

extension ConfigurationValue where Value == String {
    /// The absolute path of a file.
    fileprivate static var filePath: Self {
        parsed("the absolute path of a file such as \"/etc/collectd/collectd.conf\"") { text in
            text.utf8.first == UInt8(ascii: "/") && text.utf8.last != UInt8(ascii: "/") ? text : nil
        }
    }
}
