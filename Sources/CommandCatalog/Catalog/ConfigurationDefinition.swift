/// The configuration of a service, as the catalog says that it may be replaced.
public struct ConfigurationDefinition: Sendable, Equatable {
    /// One file, or the files of one directory.
    public struct Place: Sendable, Equatable {
        /// What messages call it; that of a directory ends in `/`, and its files have their own names behind it.
        public var name: String
        /// Where it is, an absolute path; that of a directory ends in `/`.
        public var path: String

        /// A place.
        public init(name: String, path: String) { (self.name, self.path) = (name, path) }

        /// Whether it is a directory.
        public var isDirectory: Bool { path.utf8.last == UInt8(ascii: "/") }
    }

    /// Something that is run for the service, as root.
    public struct Action: Sendable, Equatable {
        /// An argument vector of an absolute path, or a line for `/bin/sh -c`.
        public var invocation: Invocation
        /// After this time it is ended and counts as failed.
        public var timeout: Duration = .seconds(30)

        /// An action.
        public init(_ invocation: Invocation, timeout: Duration = .seconds(30)) {
            (self.invocation, self.timeout) = (invocation, timeout)
        }

        /// The argument vector.
        ///
        /// - Parameters:
        ///   - file: What stands for `{file}`, and is `$1` of a line.
        ///   - directory: What stands for `{directory}`, and is `$2` of a line.
        /// - Returns: The words, the first an absolute path.
        public func words(file: String = "", directory: String = "") -> [String] {
            switch invocation {
            case .shell(let line), .plain(_, let line): ["/bin/sh", "-c", line, "sh", file, directory]
            case .program(let elements):
                elements.map { element in
                    // It was read once, so it is a template.
                    (try? ArgumentTemplate(element))?.filled(["file": file, "directory": directory]) ?? element
                }
            }
        }
    }

    /// How the service takes up another configuration.
    public enum Taking: Sendable, Equatable {
        /// It is told to read it.
        case reload(Action)
        /// It is stopped and started in one.
        case restart(Action)
        /// It is stopped, and started with the new one.
        case stopAndStart(stop: Action, start: Action)
        /// As collectd is: by systemd where that knows it, and by the number in its file otherwise.
        case collectd(CollectdPaths)
        /// As this agent is, by a signal.
        case agent
        /// It looks by itself.
        case none
    }

    /// Where collectd is; the keys of the predecessor.
    public struct CollectdPaths: Sendable, Equatable {
        /// `CommandPath`: the program.
        public var program: String
        /// `PIDPath`: the file that holds the number of its process.
        public var pidFile: String
        /// `commands.stop`, where there is one.
        public var stop: Action?
        /// `commands.start`, where there is one.
        public var start: Action?

        /// Paths.
        public init(program: String, pidFile: String, stop: Action? = nil, start: Action? = nil) {
            (self.program, self.pidFile, self.stop, self.start) = (program, pidFile, stop, start)
        }
    }

    /// The files, the first of which a plain text replaces; at least one.
    public var places: [Place]
    /// Looks at the new configuration before anything is touched; `nil`: nobody looks.
    ///
    /// `{file}` in it is the first file, `{directory}` the one in which all of them stand under their names.
    public var check: Action?
    /// How the service takes it up.
    public var taking: Taking
    /// Ends with success while the service runs; `nil`: nobody can say.
    public var running: Action?
    /// How long the service may take to run.
    public var startTime: Duration = .seconds(10)
    /// For how long it must run to count as running.
    public var settleTime: Duration = .seconds(2)
    /// Within which time a broker must be reached again; `nil`: as the plugin says.
    public var confirmTime: Duration?
    /// Whose the files are, name or decimal id; `nil`: as before, and root's where there was none.
    public var owner: String?
    /// Whose group's they are; `nil`: as before.
    public var group: String?
    /// Their mode; `nil`: as before, and 0600 where there was none.
    public var mode: UInt32?

    /// A definition.
    public init(places: [Place], taking: Taking) { (self.places, self.taking) = (places, taking) }

    /// Whether files are called as the predecessor calls them: `<path>.lock` before, `<path>.orig` afterwards.
    public var hasNamesOfThePredecessor: Bool {
        if case .collectd = taking { true } else { false }
    }

    /// The place of a name in a message, and the name's path; `nil` when there is none.
    public func path(of name: String) -> String? {
        for place in places {
            if !place.isDirectory, place.name.utf8.elementsEqual(name.utf8) { return place.path }
            guard place.isDirectory, name.utf8.starts(with: place.name.utf8) else { continue }
            let rest = name.utf8.dropFirst(place.name.utf8.count)
            if !rest.isEmpty, !rest.contains(UInt8(ascii: "/")) { return place.path + String(Substring(rest)) }
        }
        return nil
    }
}

extension CommandCatalog {
    /// How the configuration of a service may be replaced; `nil` when there is no such service, or it says nothing of that.
    public func configuration(of service: Name) -> ConfigurationDefinition? { services?[service]?.configuration }

    /// Whether there is such a service.
    public func has(_ service: Name) -> Bool { services?[service] != nil }

    /// The services whose configuration may be replaced, in the order of their names.
    public var configurable: [Name] {
        (services ?? [:]).filter { $0.value.configuration != nil }.keys.sorted()
    }
}
