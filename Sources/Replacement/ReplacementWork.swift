import AgentControl
import CommandCatalog
import Files
import Glibc

/// The effects of a replacement, one function a step.
struct ReplacementWork {
    let order: ReplacementOrder
    let definition: ConfigurationDefinition
    /// The path of the record.
    let record: String
    let versions: VersionStore
    let tools: ServiceTools

    /// What the files are and become; `nil` on the way back of one that was cut off.
    var fileSet: FileSet?
    /// What is noted of them.
    var files: [TransactionRecord.File] = []
    var attempt: Int64 = 1
    var time = Timestamp.now
    /// Whether a broker was reached before.
    var wasReached = false
    /// What is different.
    private(set) var difference = ""
    /// What a dry run looks at.
    private var view: CheckView?

    private let service: Name
    private var control: any ServiceControl

    /// A `.lock` of the predecessor's tool that is younger than this belongs to one that is at work.
    private static let foreignTime: Int64 = 300

    init(
        order: ReplacementOrder, definition: ConfigurationDefinition, record: String, versions: VersionStore,
        tools: ServiceTools, service: Name, hasTaken: Bool
    ) {
        (self.order, self.definition, self.record, self.versions) = (order, definition, record, versions)
        (self.tools, self.service) = (tools, service)
        control =
            switch definition.taking {
            case .collectd(let paths):
                CollectdControl(service, definition, paths, tools, hasTaken: hasTaken)
            case .agent:
                AgentItself(
                    service, definition, tools, stateDirectory: order.stateDirectory, hasTaken: hasTaken)
            default: PlainControl(service, definition, tools, hasTaken: hasTaken)
            }
    }

    /// Does one step.
    mutating func perform(_ step: ReplacementMachine.Step) -> ReplacementMachine.Event {
        if Self.isOnTheWayBack(step) { tools.cancellation.ignore() }
        do {
            if tools.isCancelled() { throw ServiceFailure.cancelled }
            try performThrowing(step)
            return .done
        } catch {
            // Whatever a step that was cancelled ran into, it was because of that.
            let failure = tools.isCancelled() ? ServiceFailure.cancelled : error
            return .failed((failure as? ServiceFailure)?.reason ?? "\(failure)")
        }
    }

    /// From the commit on nothing is taken back any more either.
    private static func isOnTheWayBack(_ step: ReplacementMachine.Step) -> Bool {
        switch step {
        case .discard, .restore, .retake, .awaitOldRun, .close, .commit: true
        default: false
        }
    }

    private mutating func performThrowing(_ step: ReplacementMachine.Step) throws {
        switch step {
        case .stage: try stage()
        case .check: try check()
        case .keep: try keep()
        case .begin: try TransactionRecord.mark(.touching, in: record)
        case .stop: try control.stop()
        case .awaitEnd: try control.awaitEnd()
        case .swap: try swap()
        case .take: try control.take()
        case .awaitRun, .awaitOldRun: try control.awaitRun()
        case .confirm: try confirm()
        case .commit: try commit()
        case .discard: try discardNoted()
        case .restore: try restore()
        case .retake: try control.retake()
        case .close: try close()
        }
    }

    /// The connection to the agent's own words about brokers.
    var contact: BrokerContact { BrokerContact(stateDirectory: order.stateDirectory, tools: tools) }

    private var changed: [FileSet.Entry] { fileSet?.entries.filter(\.isChanged) ?? [] }

    private func file(_ noted: TransactionRecord.File) -> ConfigurationFile {
        ConfigurationFile(
            name: noted.name, path: noted.path, isNamedAsThePredecessor: definition.hasNamesOfThePredecessor)
    }
}

// MARK: - Before anything is touched

extension ReplacementWork {
    /// Whether the predecessor's tool is at work on it: its lock is a file that a crash leaves behind.
    var isForeign: Bool {
        guard definition.hasNamesOfThePredecessor else { return false }
        return changed.contains { entry in
            var status = stat()
            guard lstat(entry.file.candidate, &status) == 0 else { return false }
            return status.modificationTime > Int64(time.seconds) - Self.foreignTime
        }
    }

    private mutating func stage() throws(FileFailure) {
        if order.request.isDryRun {
            guard let fileSet else { return }
            let view = try CheckView(fileSet, definition, isDryRun: true, beside: record)
            self.view = view
            if order.request.wantsDifference { difference = tellDifference { "\(view.directory)/\($0.name)" } }
            return
        }
        files = changed.map { entry in
            TransactionRecord.File(
                name: entry.file.name, path: entry.file.path, old: entry.old?.digest, new: entry.new?.digest)
        }
        // Before the files: whoever finds these knows whose they are.
        let note = TransactionRecord(
            request: order.identity, attempt: attempt, service: service, definition: definition, files: files)
        try note.write(to: record)
        for entry in changed { if let new = entry.new { try entry.file.stage(new) } }
        if order.request.wantsDifference { difference = tellDifference(\.candidate) }
    }

    private func tellDifference(_ newPath: (ConfigurationFile) -> String) -> String {
        let texts = changed.map { entry in
            Difference.text(
                entry.file.name, old: entry.old == nil ? nil : entry.file.path,
                new: entry.new == nil ? nil : newPath(entry.file))
        }
        return texts.isEmpty ? "Nothing is different." : texts.joined(separator: "\n")
    }

    private func check() throws {
        guard let fileSet else { return }
        let view = try view ?? CheckView(fileSet, definition, isDryRun: false, beside: record)
        defer { view.remove() }
        if definition.check == nil, case .collectd(let paths) = definition.taking {
            do {
                try CollectdCheck(program: paths.program, timeout: .seconds(60), isCancelled: tools.isCancelled)
                    .run(view.file, wrapper: "\(record).wrapper")
            } catch let failure as ServiceFailure {
                throw ServiceFailure(Redaction.redacted(failure.reason))
            }
            return
        }
        guard let check = definition.check else { return }
        let end = ChildProgram.run(
            check.words(file: view.file, directory: view.directory), timeout: check.timeout,
            isCancelled: tools.isCancelled)
        guard end.isSuccess else { throw ServiceFailure(Redaction.redacted(end.reason)) }
    }

    private func keep() throws(FileFailure) {
        guard let fileSet else { return }
        if !fileSet.present.isEmpty, versions.all.last?.isThis(fileSet.present) != true {
            _ = try versions.add(fileSet.present, at: fileSet.paths, keeping: order.mostVersions, at: time) { _ in }
        }
        for entry in changed { try entry.file.keepOld() }
    }

    private func discardNoted() throws(FileFailure) {
        view?.remove()
        // What is only looked at leaves no note.
        if order.request.isDryRun { return }
        try discard()
        try TransactionRecord.mark(.discarded, in: record)
    }

    /// Removes what was written beside the files.
    func discard() throws(FileFailure) {
        for noted in files {
            try file(noted).discard()
            try file(noted).forgetOld()
        }
    }
}

// MARK: - From where on the files may be new

extension ReplacementWork {
    private func swap() throws(FileFailure) {
        try TransactionRecord.mark(.swapping, in: record)
        for noted in files { try file(noted).swap(isRemoved: noted.new == nil) }
    }

    private func confirm() throws(ServiceFailure) {
        guard order.confirmation == .required || wasReached else { return }
        guard contact.isReached(within: order.confirmTime) else {
            throw ServiceFailure(
                "No broker was reached within \(order.confirmTime.milliseconds / 1000) s with the new config.")
        }
    }

    private func commit() throws(FileFailure) {
        var origin = ConfigurationVersion.Origin.replaced
        if case .rollback(let number) = order.request.change, let fileSet,
            let target = try FileSet.version(number, present: fileSet.present, versions)
        {
            origin = .rolledBack(to: target.number)
        }
        try TransactionRecord.mark(.committed, in: record)
        // It is in force from here on, whatever becomes of the rest.
        tidyUp(origin: origin)
    }

    /// What belongs to a commit and may be missing behind it.
    ///
    /// - Parameter origin: How the version in force came to be, where that is known.
    func tidyUp(origin: ConfigurationVersion.Origin?) {
        for noted in files { try? file(noted).forgetOld() }
        guard let origin, let present = try? FileSet.present(definition),
            versions.all.last?.isThis(present.files) != true
        else { return }
        _ = try? versions.add(present.files, at: present.paths, keeping: order.mostVersions, at: time) { version in
            version.origin = origin
            (version.by, version.reason) = (order.by, order.reason)
        }
    }

    private func restore() throws(FileFailure) {
        for noted in files.reversed() { try file(noted).restore(noted.old) }
        for noted in files { try file(noted).discard() }
    }

    private func close() throws(FileFailure) {
        for noted in files { try file(noted).forgetOld() }
        try TransactionRecord.mark(.undone, in: record)
    }
}
