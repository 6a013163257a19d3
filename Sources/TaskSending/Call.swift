import CommandCatalog
import Glibc
import MQTT
import ProgramOptions

/// One call of the program: settings, sender and what is asked for.
struct Call {
    let settings: Settings
    let sender: Sender
    let request: TaskRequest
    let maker: ErrandMaker
    /// The first task; only output takes more than one.
    let errand: Errand
    /// How answers are proved; `nil`: they are taken as they come.
    let proof: AnswerProof?

    /// Reads command line, environment and options file.
    ///
    /// - Parameters:
    ///   - arguments: The command line.
    ///   - program: Whose it is.
    /// - Throws: What is wrong with them.
    init(_ arguments: Arguments, of program: TaskProgram) throws(UsageError) {
        let commandLine = try GivenOptions(OptionTexts.commandLine(arguments.texts))
        request = try program.request(arguments).get()
        let environment = try GivenOptions(OptionTexts.environment(Self.variable))
        let file =
            if let path = arguments.optionsFile { try OptionsFile.read(path) } else {
                try OptionsFile.read(home: Self.variable("HOME"))
            }
        settings = try Settings(
            commandLine: commandLine, others: [environment, file], timeout: program.defaultTimeout)
        var generator = SystemRandomNumberGenerator()
        sender = Sender(using: &generator)
        let seal = try settings.signature.map { signature throws(UsageError) in
            ErrandMaker.Seal(
                signer: try TaskSigner(file: signature.key), host: signature.host, challenge: signature.challenge)
        }
        proof = try AnswerProof(settings, environment: Self.variable)
        var reply = request.verb.isCommand ? settings.reply : ReplyWishes()
        // Only a detailed answer is signed.
        if proof != nil { reply.detail = true }
        maker = ErrandMaker(
            sender: sender.name, timeout: settings.timeout, reply: reply, reason: settings.reason, seal: seal)
        errand = try maker.errand(request.verb, id: sender.taskID, at: .now)
        try check()
    }

    /// What is printed about it.
    var report: Report {
        var report = Report(
            format: settings.format, task: errand.task, topics: settings.topics, timeout: settings.timeout,
            isTerminal: StandardStreams.isOutputTerminal
        )
        report.showsDetail = settings.wantsDetail
        report.isRetrying = settings.retries
        return report
    }

    /// A further task of this call, with an identity of its own.
    ///
    /// - Throws: It is larger than an agent takes.
    func another(_ verb: Verb) throws(UsageError) -> Errand {
        var (maker, generator) = (maker, SystemRandomNumberGenerator())
        maker.reply = ReplyWishes(detail: proof != nil)
        return try maker.errand(verb, id: .random(using: &generator), at: .now)
    }

    /// How the broker is talked to.
    var options: MQTTOptions {
        var options = MQTTOptions(address: settings.broker, clientID: sender.clientID)
        options.username = settings.user
        options.password = settings.password
        options.tls = settings.tls
        options.isCleanSession = true
        options.sessionExpiry = .zero
        options.maximumPacketSize = Self.largestResult
        // A person waits: one who starts the broker and the command together shall not wait for a minute.
        options.reconnect = Backoff.Limits(base: .milliseconds(250), cap: .seconds(2))
        return options
    }

    /// The largest result: 1 MiB of output, of which JSON writes every byte as up to six, that twice where the detail is
    /// wanted, and room for the rest.
    private static let largestResult = 24 << 20

    private func check() throws(UsageError) {
        switch request.verb {
        case .fetch where settings.format == .json: throw UsageError("expected one of --fetch and --json, found both")
        case .fetch where settings.topics.result == nil, .check where settings.topics.result == nil:
            throw UsageError("--\(request.verb.word) is about the answer; name its topic with --result-topic")
        default: return
        }
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
