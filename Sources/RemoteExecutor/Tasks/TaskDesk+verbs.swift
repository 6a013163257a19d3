internal import CommandCatalog
internal import Compression
internal import Glibc
internal import JSON
internal import PluginKit
internal import Synchronization

/// What a task may ask for beside running a command.
extension TaskDesk {
    /// The answer to a `check`, `cancel` or `fetch`, or to what is asked of the agent itself; `nil`: it comes later.
    func answer(to message: TaskMessage, _ pass: Pass, at origin: Origin) -> TaskOutcome? {
        switch message.verb {
        case .command(let request): agentService.outcome(of: request)
        case .config, .replace: nil
        case .check(let request): check(request, from: pass.sender)
        // Asked again it could mean another task by now.
        case .cancel(let id): pass.isAskedAgain ? .cancelledBefore(id) : cancel(id, pass.named)
        case .fetch(let request): fetch(request, message, pass, at: origin)
        }
    }

    /// What would run; nothing does.
    private func check(_ request: CommandRequest, from sender: Sender) -> TaskOutcome {
        do throws(CatalogError) {
            let command = try state.withLock({ $0.catalog }).command(for: request)
            var description = command.json
            if let until = cooldown(of: command, now: context.clock.now) {
                description["cools_down_until"] = .string(until.description)
            }
            description["policy"] = policyVerdict(on: request, from: sender).map(JSONValue.string)
            description["would_wait"] = .bool(state.withLock { $0.table.wouldWait(command) })
            return TaskOutcome(code: .success, message: JSONValue.object(description).text)
        } catch {
            return .refused(error)
        }
    }

    private func cancel(_ id: TaskID, _ named: TaskTable.Number?) -> TaskOutcome {
        guard let named else { return .unknown(id) }
        let (cancellation, task) = state.withLock { state in (state.table.cancel(named), state.table[named]) }
        switch cancellation {
        case .ended(let number):
            if let task { settle([TaskEnding(number: number, task: task, outcome: .cancelledBeforeStart, run: nil)]) }
            return TaskOutcome(code: .success, message: "Task \(id) was taken from the queue")
        case .running(_, let run):
            runs.cancel(run)
            return TaskOutcome(code: .success, message: "Task \(id) is being ended")
        case .unknown:
            guard let entry = entry(named) else { return .unknown(id) }
            return TaskOutcome(
                code: .alreadyFinished,
                message: "Task \(id) finished already, with \(entry.code.map(String.init) ?? "?")")
        }
    }

    /// What the journal knows of a task.
    private func entry(_ number: TaskTable.Number) -> Journal.Entry? { try? journal.entry(number: number) }

    /// A part of what a command printed: from the spool while it runs, from the archive or its answer afterwards.
    private func fetch(
        _ request: OutputRequest, _ message: TaskMessage, _ pass: Pass, at origin: Origin
    ) -> TaskOutcome? {
        let stream = request.stream
        if let run = pass.named.flatMap({ number in state.withLock { $0.table[number]?.run } }) {
            let file = runs.file(run).spool(stream)
            let bytes = RunFile.bytes(of: file, at: Int(request.offset), count: Int(request.length))
            return .output(request, bytes, total: RunFile.size(of: file))
        }
        guard let entry = pass.named.flatMap(entry), entry.stage == .finished || entry.stage == .announced else {
            return .unknown(request.taskID)
        }
        // Reading into the middle of a compressed file takes its time, which is not the broker's.
        guard state.withLock({ $0.fetches.begin() }) else { return .tooManyFetches }
        Task.detached { [self] in
            answer(message, fetch(request, stream, entry), to: origin, by: pass)
            state.withLock { $0.fetches.end() }
        }
        return nil
    }

    /// What the stored answer tells of a stream; `nil`: nothing.
    private func answered(_ stream: OutputStream, _ entry: Journal.Entry) -> String? {
        let detail = entry.detail.flatMap { try? JSONText($0, allowsNUL: true) }?.value.object
            .flatMap(TaskResult.Detail.init)
        switch stream {
        case .stdout: return entry.message
        case .stderr: return detail?.stderr?.text
        }
    }

    private func fetch(_ request: OutputRequest, _ stream: OutputStream, _ entry: Journal.Entry) -> TaskOutcome {
        do throws(GzipError) {
            let count = Int(request.length)
            for _ in 1...2 {
                if let kept = try archive.bytes(of: entry.number, stream, at: Int(request.offset), count: count) {
                    return .output(request, kept.bytes, total: kept.total)
                }
                // It is just being compressed; afterwards its spool is gone, and the archive has it.
                guard let spool = entry.run.map({ runs.file(RunID(rawValue: $0)).spool(stream) }) else { break }
                let total = RunFile.size(of: spool)
                guard total > 0 else { continue }
                let bytes = RunFile.bytes(of: spool, at: Int(request.offset), count: count)
                if !bytes.isEmpty || access(spool, F_OK) == 0 { return .output(request, bytes, total: total) }
            }
        } catch {
            return TaskOutcome(code: .storageUnavailable, message: "\(error)")
        }
        guard let text = answered(stream, entry) else { return .notKept(request) }
        let bytes = Array(text.utf8)
        return .output(
            request, Array(bytes.dropFirst(Int(request.offset)).prefix(Int(request.length))), total: bytes.count)
    }
}

/// How many parts of kept output are read at a time: each holds its task's answer, and senders ask for one after the other.
struct Fetches {
    private var running = 0

    /// More than there are people who look at one host at a time.
    static let most = 16

    /// Whether one more may begin; then it must end.
    mutating func begin() -> Bool {
        guard running < Self.most else { return false }
        running += 1
        return true
    }

    /// Makes room for another.
    mutating func end() { running -= 1 }
}

extension TaskOutcome {
    /// The answer to a `cancel` or `fetch` that names no task that this host knows.
    fileprivate static func unknown(_ id: TaskID) -> TaskOutcome {
        TaskOutcome(code: .unknownTask, message: "Task \(id) is not known here")
    }

    /// The answer to a `cancel` that came before.
    fileprivate static func cancelledBefore(_ id: TaskID) -> TaskOutcome {
        TaskOutcome(code: .success, message: "Task \(id) was ended by this very task before, or was none to be ended")
    }

    /// The answer to one `fetch` more than are read at once.
    fileprivate static var tooManyFetches: TaskOutcome {
        TaskOutcome(
            code: .queueFull, message: "\(Fetches.most) fetches are read now; ask again", reason: .tooOften)
    }

    /// The answer to a `fetch` of a stream that was too short to be kept beside the answer, and is not in that either.
    fileprivate static func notKept(_ request: OutputRequest) -> TaskOutcome {
        let rest = "what is shorter than 16 KiB is kept in the answer only"
        let text = request.stream == .stdout ? "" : ", and this stream only where the task has reply.detail"
        return TaskOutcome(
            code: .unknownTask,
            message: "Nothing is kept of the \(request.stream.rawValue) of task \(request.taskID): \(rest)\(text)"
        )
    }
}

extension Command {
    /// What a `check` tells of it.
    fileprivate var json: JSONObject {
        var object: JSONObject = ["service": .string(service.text), "command": .string(name.text)]
        switch invocation {
        case _ where hasSecrets: object["hidden"] = ["argv"]
        case .program(let words): object["argv"] = .array(words.map(JSONValue.string))
        case .shell(let line), .plain(_, let line): object["argv"] = ["/bin/sh", "-c", .string(line)]
        }
        object["user"] = settings.user.map(JSONValue.string)
        object["group"] = settings.group.map(JSONValue.string)
        object["capabilities"] = settings.capabilities.map { .array($0.words.map(JSONValue.string)) }
        object["no_new_privileges"] = settings.forbidsNewPrivileges ? true : nil
        object["backend"] = settings.backend == .runner ? nil : .string(settings.backend.rawValue)
        object["directory"] = .string(settings.directory)
        object["timeout_ms"] = .integer(Int64(settings.timeout.wholeMilliseconds))
        object["limits"] =
            settings.limits.isEmpty
            ? nil
            : .object(
                JSONObject(
                    settings.limits.map { ($0.resource.rawValue, .integer(Int64(clamping: $0.value))) }))
        object["lock"] = settings.lock.map { .string($0.text) }
        return object
    }
}
