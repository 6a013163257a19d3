import CSystem
import CommandCatalog
import Glibc

/// Turns a command into a process; what it needs for that is used again for the next.
struct Launcher {
    private let own = Account.own()
    private let arguments = StringVector()
    private let fallback = StringVector()
    private let environment = StringVector()
    private let directory = StringVector()
    private var limits: [csystem_limit] = []
    /// How many of the limits are those of every command.
    private let commonLimits: Int

    init() {
        // Our own soft limit of descriptors is raised; a command gets the one that we were started with.
        let original = csystem_prepare_process()
        if original.soft != original.hard {
            limits.append(original)
        }
        commonLimits = limits.count
    }

    /// Starts the command and returns when its program has been executed.
    ///
    /// User and group are looked up here, before the fork. The look-up may ask a directory service and so may wait.
    mutating func launch(_ command: Command, run: RunID) throws(SpawnFailure) -> csystem_child {
        let settings = command.settings
        let account = if let user = settings.user { try Account.named(user) } else { own }
        let identity = try Identity(account, settings)
        let hasFallback = try write(command, account: account, run: run)
        limits.removeLast(limits.count - commonLimits)
        for limit in settings.limits {
            limits.append(csystem_limit(resource: limit.resource.number, soft: limit.value, hard: limit.value))
        }
        var request = csystem_command()
        request.arguments = arguments.pointers()
        request.fallback = hasFallback ? fallback.pointers() : nil
        request.environment = environment.pointers()
        request.directory = directory.pointers().pointee
        request.umask = settings.umask ?? 0o022
        return try spawn(request, identity: identity, settings: settings)
    }

    /// Writes the command's strings for the kernel; returns whether there is a fallback.
    private func write(_ command: Command, account: Account, run: RunID) throws(SpawnFailure) -> Bool {
        directory.removeAll()
        let hasFallback: Bool
        let areArgumentsWritten: Bool
        switch command.invocation {
        case .program(let words):
            hasFallback = false
            areArgumentsWritten = Self.write(words, to: arguments)
        case .shell(let line):
            hasFallback = false
            areArgumentsWritten = Self.write(["/bin/sh", "-c", line], to: arguments)
        case .plain(let words, let line):
            hasFallback = true
            areArgumentsWritten = Self.write(words, to: arguments) && Self.write(["/bin/sh", "-c", line], to: fallback)
        }
        guard areArgumentsWritten, directory.append(command.settings.directory),
            CommandEnvironment.write(command.settings, account: account, run: run, to: environment)
        else {
            throw SpawnFailure(.arguments, errno: EINVAL, "no program, or NUL in a word, a variable or the directory")
        }
        return hasFallback
    }

    private static func write(_ words: [String], to vector: StringVector) -> Bool {
        vector.removeAll()
        return !words.isEmpty && words.allSatisfy { vector.append($0) }
    }

    private func spawn(
        _ request: csystem_command, identity: Identity?, settings: CommandSettings
    ) throws(SpawnFailure) -> csystem_child {
        var request = request
        var child = csystem_child()
        var failure = csystem_failure()
        let isStarted = limits.withUnsafeBufferPointer { limits in
            request.limits = limits.baseAddress
            request.limit_count = limits.count
            guard let identity else { return csystem_spawn(&request, &child, &failure) }
            return identity.withUnsafePointer { identity in
                request.identity = identity
                return csystem_spawn(&request, &child, &failure)
            }
        }
        guard isStarted else {
            let program = (request.fallback ?? request.arguments).pointee.map { String(cString: $0) }
            throw SpawnFailure(failure, program: program ?? "", directory: settings.directory)
        }
        return child
    }
}

extension ResourceLimit.Resource {
    /// The number of the resource for setrlimit(2).
    fileprivate var number: Int32 {
        switch self {
        case .core: Int32(CSYSTEM_RESOURCE_CORE)
        case .cpu: Int32(CSYSTEM_RESOURCE_CPU)
        case .fileSize: Int32(CSYSTEM_RESOURCE_FILE_SIZE)
        case .openFiles: Int32(CSYSTEM_RESOURCE_OPEN_FILES)
        case .processes: Int32(CSYSTEM_RESOURCE_PROCESSES)
        case .addressSpace: Int32(CSYSTEM_RESOURCE_ADDRESS_SPACE)
        }
    }
}
