import Glibc
import TestSupport
import Testing

extension ChaosTests {
    /// Nothing is acknowledged before it is on the disk.
    @Suite struct Acknowledgements {
        @Test("F-01: what leaves for the broker leaves after the fsync of its task") func order() async throws {
            let count = Chaos.size(full: 500, slice: 40)
            var options = Rig.Options()
            options.retry = nil
            try await scenario("F-01 fsync before acknowledgement", options) { rig, generator in
                // A sync that takes a little leaves room to whoever would be too early.
                let strace = try await Strace(
                    rig.agent.identifier, follows: true,
                    calls: "fsync,fdatasync,pwrite64,pwritev,write,writev,sendto,sendmsg",
                    inject: ["fsync,fdatasync:delay_enter=2ms"], flags: ["-y", "-s", "8192"])
                // One by one, and many at once: then one commit serves several.
                let alone = (0..<count / 4).map { ChaosTask("alone-\($0)-") }
                let together = (0..<count - alone.count).map { ChaosTask("together-\($0)-") }
                for task in alone { try await rig.run([task]) }
                try await rig.run(together)
                // An acknowledgement leaves before the answer to its task.
                let ids = (alone + together).map(\.id)
                strace.detach()
                let trace = AcknowledgementTrace(strace.lines, of: ids)
                rig.countFault(trace.syncs)
                rig.expect(
                    trace.acknowledged == ids.count, "\(trace.acknowledged) acknowledgements of \(ids.count) were seen")
                rig.expect(
                    trace.early.isEmpty,
                    "\(trace.early.count) acknowledged before the fsync: \(trace.early.prefix(8).joined(separator: ", "))"
                )
                ChaosTable.say(
                    "chaos: F-01: \(trace.acknowledged) acknowledgements, \(trace.syncs) syncs of the journal")
            }
        }

        /// Who acknowledges first passes only where the sender repeats.
        ///
        /// It dies before it writes: what is written survives the process, synced or not.
        @Test("F-01: the agent dies at the commit of what it takes in", arguments: [false, true])
        func death(isRepeated: Bool) async throws {
            let name = "F-01 agent dies at its commit, \(isRepeated ? "sender repeats" : "nobody repeats")"
            var options = Rig.Options()
            options.retry = isRepeated ? .milliseconds(300) : nil
            options.patience = .seconds(10)
            try await scenario(name, options) { rig, _ in
                for round in 0..<Chaos.size(full: 25, slice: 3) {
                    let threads = Processes.threads(of: rig.agent.identifier)
                    guard let thread = threads.first(where: { $0.name.hasPrefix("mqtt") }) else {
                        return rig.expect(false, "no thread of \(threads.map(\.name)) is that of the broker")
                    }
                    let strace = try await Strace(
                        thread.identifier, follows: false, calls: "pwrite64", inject: ["pwrite64:signal=KILL:when=1"])
                    rig.sender.submit([ChaosTask("taken-\(round)", code: round)])
                    let isDead = try await rig.wait { !rig.agent.isAlive }
                    rig.expect(isDead, "the agent did not die in round \(round)")
                    strace.detach()
                    rig.agent.end()
                    rig.countFault()
                    try await rig.startAgent()
                    try await rig.settle()
                }
            }
        }
    }
}

/// What a trace of the agent tells about the order of syncs and acknowledgements.
///
/// The broker hands the tasks on in the order in which they were sent, and they are acknowledged in that order.
struct AcknowledgementTrace {
    /// How many acknowledgements left.
    private(set) var acknowledged = 0
    /// How many syncs of the journal's log ended well.
    private(set) var syncs = 0
    /// The tasks that were acknowledged before they were on the disk.
    private(set) var early: [String] = []

    /// Written to the log, perhaps not yet on the disk.
    private var written: Set<String> = []
    private var durable: Set<String> = []
    /// All before it are written.
    private var first = 0
    /// More than the sender has under way.
    private static let window = 200
    /// What a sync that has not ended yet takes along, by thread.
    private var pending: [Substring: Set<String>] = [:]

    /// Reads the lines of a trace of tasks with these ids, in the order in which they were sent.
    init(_ lines: [Substring], of ids: [String]) {
        for line in lines {
            guard let match = line.prefixMatch(of: #/(\d+)<[^>]*> (?:<\.\.\. )?([a-z0-9]+)/#) else { continue }
            let rest = line[match.range.upperBound...]
            switch match.2 {
            case "pwrite64", "pwritev": if isOfLog(rest) { note(rest, ids) }
            case "fsync", "fdatasync": sync(match.1, rest)
            case "write", "writev", "sendto", "sendmsg": send(rest, ids)
            default: break
            }
        }
    }

    /// Whether a call is about the journal's log: its descriptor comes first.
    private func isOfLog(_ text: Substring) -> Bool { text.prefix(300).contains("journal.sqlite-wal>") }

    private mutating func note(_ text: Substring, _ ids: [String]) {
        // They come in their order, give or take those that are under way together.
        var missed = 0
        String(text).withCString { text in
            for id in ids[first...] where missed < Self.window && !written.contains(id) {
                missed += 1
                if strstr(text, id) != nil { written.insert(id) }
            }
        }
        while first < ids.count, written.contains(ids[first]) { first += 1 }
    }

    private mutating func sync(_ thread: Substring, _ text: Substring) {
        if isOfLog(text) { pending[thread] = written }
        // The end of a call that was interrupted in the trace has no descriptor: its thread tells.
        guard text.suffix(40).contains(" = 0"), let taken = pending.removeValue(forKey: thread) else { return }
        durable.formUnion(taken)
        syncs += 1
    }

    private mutating func send(_ text: Substring, _ ids: [String]) {
        // PUBACK: the type in the upper half of the first byte, then the length.
        let head = text.prefix(100)
        guard head.contains("<socket:"), head.contains(#", "@\2"#) || head.contains(#"iov_base="@\2"#) else { return }
        if acknowledged < ids.count, !durable.contains(ids[acknowledged]) { early.append(ids[acknowledged]) }
        acknowledged += 1
    }
}
