import CRunner
import CSystem
import CommandCatalog
import ConfigurationReader
import Glibc

/// Writes what the runner needs to start a command.
struct StartFrame {
    private let own = Account.own()
    private var trust = TrustCache()
    private let bounds: OutputBounds
    /// The limits that every command gets: what the agent was started with.
    private let commonLimits: [runner_limit]

    init(bounds: OutputBounds) {
        self.bounds = bounds
        // Our own soft limit of descriptors is raised; a command gets the one that we were started with.
        let original = csystem_prepare_process()
        commonLimits =
            original.soft == original.hard
            ? [] : [runner_limit(resource: UInt64(original.resource), soft: original.soft, hard: original.hard)]
    }

    /// The frame.
    ///
    /// User and group are looked up here. The look-up may ask a directory service and so may wait.
    ///
    /// - Parameters:
    ///   - command: What is run.
    ///   - run: This start's own name.
    ///   - isWatched: Whether output goes to the spool as it comes.
    ///   - grace: The time between SIGTERM and SIGKILL.
    /// - Returns: The frame's bytes.
    /// - Throws: Why the command cannot be given to a process.
    mutating func bytes(
        _ command: Command, run: RunID, isWatched: Bool, grace: Duration
    ) throws(StartFailure) -> [UInt8] {
        let settings = command.settings
        let account = if let user = settings.user { try Account.named(user) } else { own }
        let identity = try Identity(account, settings)
        try trust.require(command.programPath, runAs: account.user)
        let variables = CommandEnvironment.variables(settings, account: account, run: run)
        var process = Process(command, identity)
        if settings.backend == .systemd {
            process = Process(try Self.unit(run, command, identity, grace: grace))
        }
        let strings = [process.settings.directory] + process.arguments + process.fallback + variables
        guard let program = process.arguments.first, !program.isEmpty, !strings.contains(where: { $0.utf8.contains(0) })
        else {
            throw StartFailure(.arguments, errno: EINVAL, "no program, or NUL in a word, a variable or the directory")
        }
        let limits =
            commonLimits
            + process.settings.limits.map { runner_limit(resource: $0.resource.number, soft: $0.value, hard: $0.value) }

        var start = runner_start()
        start.flags = isWatched ? UInt32(RUNNER_SPOOLS_AT_ONCE.rawValue) : 0
        start.umask = process.settings.umask ?? 0o022
        start.timeout = settings.timeout.wholeMilliseconds
        start.grace = grace.wholeMilliseconds
        start.spool = UInt64(max(bounds.mostOfCommand, settings.output))
        start.tail = UInt64(settings.output - settings.output / 2)
        if let identity = process.identity {
            start.flags |= UInt32(RUNNER_HAS_IDENTITY.rawValue)
            (start.user, start.group) = (identity.user, identity.group)
            start.group_count = UInt32(identity.groups.count)
        }
        if let capabilities = process.settings.capabilities {
            start.flags |= UInt32(RUNNER_HAS_CAPABILITIES.rawValue)
            start.capabilities = capabilities.bits
        }
        if process.settings.forbidsNewPrivileges { start.flags |= UInt32(RUNNER_NO_NEW_PRIVILEGES.rawValue) }
        start.limit_count = UInt32(limits.count)
        start.argument_count = UInt32(process.arguments.count)
        start.fallback_count = UInt32(process.fallback.count)
        start.variable_count = UInt32(variables.count)

        var frame = FrameBytes(RUNNER_START, run: run)
        frame.append(start)
        for limit in limits { frame.append(limit) }
        for group in process.identity?.groups ?? [] { frame.append(group) }
        for string in strings { frame.append(string) }
        guard frame.bytes.count <= Int(RUNNER_LONGEST_FRAME) else {
            throw StartFailure(.arguments, errno: E2BIG, "the arguments and the environment cannot be handed over")
        }
        return frame.finished
    }

    /// The words by which systemd is asked to start the command.
    private static func unit(
        _ run: RunID, _ command: Command, _ identity: Identity?, grace: Duration
    ) throws(StartFailure) -> [String] {
        guard let program = InstalledProgram.path(of: "recoverd-unit") else {
            throw StartFailure(
                .runner, errno: ENOENT,
                "recoverd-unit is neither beside \(InstalledProgram.own) nor in libexec/recoverd; install it there")
        }
        let words = command.words
        // A line that seemed to need no shell is the shell's here: nobody tells us in time that it does.
        return TransientUnit(run, command.settings, identity, grace: grace)
            .words(program, for: words.fallback.isEmpty ? words.arguments : words.fallback)
    }
}

/// What the runner makes a process of.
private struct Process {
    let arguments: [String]
    /// What is executed where that cannot be.
    let fallback: [String]
    let settings: CommandSettings
    let identity: Identity?

    /// The command itself.
    init(_ command: Command, _ identity: Identity?) {
        (arguments, fallback) = command.words
        (settings, self.identity) = (command.settings, identity)
    }

    /// A program of ours, with the rights of the agent.
    init(_ words: [String]) {
        (arguments, fallback, settings, identity) = (words, [], CommandSettings(), nil)
    }
}

/// Programs that were looked at a moment ago, because a busy agent executes few programs often.
private struct TrustCache {
    private var verdicts: [String: (ProgramTrust, until: ContinuousClock.Instant)] = [:]

    /// For so long a verdict holds; what it is about can only be changed by those who are trusted.
    private static let validity = Duration.seconds(1)
    private static let most = 256

    /// Refuses a program that strangers could have changed.
    mutating func require(_ path: String?, runAs user: uid_t) throws(StartFailure) {
        guard let path else { return }
        let (key, now) = ("\(user):\(path)", ContinuousClock.now)
        let verdict: ProgramTrust
        if let known = verdicts[key], known.until > now {
            verdict = known.0
        } else {
            if verdicts.count >= Self.most { verdicts.removeAll() }
            verdict = ProgramTrust(of: path, runAs: user)
            verdicts[key] = (verdict, until: now + Self.validity)
        }
        if case .refused(let reason) = verdict {
            throw StartFailure(.trust, errno: EPERM, "will not be executed, because \(reason)")
        }
    }
}

/// How much of what commands print is kept beside the answer.
struct OutputBounds: Sendable, Equatable {
    /// Bytes of each stream of one command.
    var mostOfCommand = 16 << 20
    /// Bytes of all that is kept after the end, as they stand on the disk.
    var mostOfAll = 256 << 20
}

/// A frame under construction.
struct FrameBytes {
    private(set) var bytes: [UInt8] = []

    init(_ type: runner_frame_type, run: RunID) {
        bytes.reserveCapacity(512)
        append(runner_frame(length: 0, type: UInt32(type.rawValue), run: run.rawValue))
    }

    /// Adds a C structure as it lies in memory.
    mutating func append(_ value: some BitwiseCopyable) {
        withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    }

    /// Adds a string and the NUL that ends it.
    mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        bytes.append(0)
    }

    /// The frame with its length in place.
    var finished: [UInt8] {
        var bytes = bytes
        withUnsafeBytes(of: UInt32(bytes.count)) { bytes.replaceSubrange(0..<4, with: $0) }
        return bytes
    }
}

extension Command {
    /// What is executed, unless it is the shell.
    fileprivate var programPath: String? {
        switch invocation {
        case .program(let words), .plain(let words, _): words.first
        case .shell: nil
        }
    }

    /// The argument vector, and that of what is executed where the first cannot be.
    fileprivate var words: (arguments: [String], fallback: [String]) {
        switch invocation {
        case .program(let words): (words, [])
        case .shell(let line): (["/bin/sh", "-c", line], [])
        case .plain(let words, let line): (words, ["/bin/sh", "-c", line])
        }
    }
}

extension Duration {
    /// Milliseconds, cut off; 0 for less than none.
    var wholeMilliseconds: UInt64 {
        let (seconds, attoseconds) = components
        return UInt64(max(0, seconds)) * 1000 + UInt64(max(0, attoseconds) / 1_000_000_000_000_000)
    }
}

extension ResourceLimit.Resource {
    /// The number of the resource for setrlimit(2).
    fileprivate var number: UInt64 {
        switch self {
        case .core: UInt64(CSYSTEM_RESOURCE_CORE)
        case .cpu: UInt64(CSYSTEM_RESOURCE_CPU)
        case .fileSize: UInt64(CSYSTEM_RESOURCE_FILE_SIZE)
        case .openFiles: UInt64(CSYSTEM_RESOURCE_OPEN_FILES)
        case .processes: UInt64(CSYSTEM_RESOURCE_PROCESSES)
        case .addressSpace: UInt64(CSYSTEM_RESOURCE_ADDRESS_SPACE)
        }
    }
}
