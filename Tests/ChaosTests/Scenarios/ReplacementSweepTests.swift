import CommandCatalog
import Glibc
import JSON
import Replacement
import TestSupport
import Testing

extension ChaosTests {
    /// The process that replaces a configuration dies at each of its system calls.
    @Suite struct Replacements {
        @Test("F-38: the replacement dies at every call") func everyCall() throws {
            let (name, begin) = ("F-38 replacement", ContinuousClock.now)
            ChaosTable.say("chaos: \(name), seed \(Chaos.seed)")
            var generator = Chaos.generator(name)
            let bench = try ReplacementBench()
            var points = try bench.points()
            #expect(points.count > 100, "strace saw only \(points.count) calls")
            if !Chaos.isFull { points = Array(points.shuffled(using: &generator).prefix(40)) }
            var (hit, complaints): (Set<SweepPoint>, [String]) = ([], [])
            for (number, point) in points.enumerated() {
                // By turns the same task comes again, and somebody who only tidies up.
                let found = try bench.die(at: point, number, thenSame: number % 2 == 0)
                if found.isHit { hit.insert(point) }
                complaints += found.complaints.map { "\(point): \($0)" }
            }
            ChaosTable.say("chaos: \(name): \(hit.count) of \(points.count) points hit")
            for point in points { ChaosTable.say("chaos:   \(hit.contains(point) ? "hit   " : "missed") \(point)") }
            if hit.count * 10 < points.count * 9 { complaints.append("only \(hit.count) of \(points.count) were hit") }
            ChaosTable.add(
                ChaosRow(
                    scenario: name, commands: points.count, faults: hit.count, lost: complaints.count, twice: 0,
                    interrupted: 0, unanswered: 0, seconds: (ContinuousClock.now - begin) / .seconds(1),
                    hasPassed: complaints.isEmpty))
            for complaint in complaints { Issue.record("\(name), seed \(Chaos.seed): \(complaint)") }
        }
    }
}

/// A configuration of two files, whose service is a file that says whether it is up and one that says what it took.
private struct ReplacementBench {
    private let place: TemporaryDirectory
    private let definition: ConfigurationDefinition
    private let service: Name

    private static let old = ["main.conf": "old main\n", "d/a.conf": "old a\n"]
    private static let new = ["main.conf": "new main\n", "d/b.conf": "new b\n"]

    init() throws {
        place = try TemporaryDirectory()
        service = try #require(Name("s"))
        for name in ["etc", "etc/d", "state"] { mkdir(place.path(name), 0o755) }
        let line = { [place] (text: String) in
            ConfigurationDefinition.Action(.shell("cd '\(place.path)' && \(text)"), timeout: .seconds(10))
        }
        var definition = ConfigurationDefinition(
            places: [
                .init(name: "main.conf", path: place.path("etc/main.conf")),
                .init(name: "d/", path: place.path("etc/d/")),
            ], taking: .stopAndStart(stop: line("rm up"), start: line("cat etc/main.conf etc/d/* >taken && touch up")))
        definition.check = line("test -f \"$1\"")
        definition.running = line("test -e up")
        definition.settleTime = .zero
        self.definition = definition
    }

    /// Everything as before any replacement.
    private func reset() throws {
        for name in Self.files(in: place.path("etc")) + Self.files(in: place.path("etc/d")) { unlink(name) }
        try ChildProgram.run("/bin/rm", "-rf", place.path("state/config"))
        for (name, text) in Self.old { try place.write(text, to: "etc/\(name)") }
        try place.write("old a\nold main\n", to: "taken")
        try place.write("", to: "up")
    }

    private func order(_ change: ReplaceRequest.Change, _ identity: String) throws -> String {
        let order = ReplacementOrder(
            ReplaceRequest(service: service, change: change), identity: identity, definition: definition,
            confirmation: .none, stateDirectory: place.path("state"))
        return try place.write(order.json.bytes, to: "order")
    }

    private static let change = ReplaceRequest.Change.files([
        .init(name: "main.conf", text: "new main\n"), .init(name: "d/a.conf", text: nil),
        .init(name: "d/b.conf", text: "new b\n"),
    ])

    private func words(_ order: String) -> [String] { [Programs.agent, "replace", "--order", order] }

    /// The calls of an undisturbed replacement.
    func points() throws -> [SweepPoint] {
        try reset()
        let trace = place.path("trace")
        let order = try order(Self.change, "undisturbed")
        let end = try run(["/usr/bin/strace", "-o", trace, "-e", "trace=\(SweepPoint.calls)"] + words(order))
        try #require(end == 0)
        var counts: [SweepPoint: Int] = [:]
        for line in try place.text(of: "trace").split(separator: "\n") {
            guard let call = line.prefixMatch(of: #/([a-z_0-9]+)\(/#)?.1 else { continue }
            counts[SweepPoint(thread: "replacer", index: 0, call: String(call), number: 0), default: 0] += 1
        }
        return Rig.numbered(counts)
    }

    /// Kills a replacement at a point, and has somebody come after it.
    func die(at point: SweepPoint, _ number: Int, thenSame: Bool) throws -> (isHit: Bool, complaints: [String]) {
        try reset()
        let identity = "\(number)"
        let status = try run(
            [
                "/usr/bin/strace", "-o", "/dev/null", "-e", "trace=\(point.call)", "-e",
                "inject=\(point.call):signal=KILL:when=\(point.number)",
            ] + words(try order(Self.change, identity)))
        var complaints: [String] = []
        let isHit = status == 128 + SIGKILL
        // Whatever happened, every file is there whole, old or new.
        let (found, states) = (try contents(), [Self.old, Self.new])
        for (name, text) in found where !states.contains(where: { $0[name] == text }) {
            complaints.append("after the death \(name) is \(text.debugDescription)")
        }
        if found["main.conf"] == nil { complaints.append("there is no configuration after the death") }
        let again = try run(words(try order(thenSame ? Self.change : .finish, thenSame ? identity : "finish")))
        let after = try contents()
        // What was committed stays, and nobody else goes back.
        let isNew = after == Self.new
        if thenSame {
            if again != 0 || !isNew { complaints.append("the same task came again and ended with \(again), \(after)") }
        } else {
            if ![0, 107].contains(again) { complaints.append("tidying up ended with \(again)") }
            if after != Self.old && !isNew { complaints.append("after tidying up there is a mixture: \(after)") }
            if again == 107, after != Self.old { complaints.append("it is said to be old and is \(after)") }
        }
        let taken = isNew ? "new main\nnew b\n" : "old main\nold a\n"
        if access(place.path("up"), F_OK) != 0 { complaints.append("the service is down") }
        if ![taken, "old a\nold main\n"].contains(try place.text(of: "taken")) {
            complaints.append("the service has taken \(try place.text(of: "taken").debugDescription)")
        }
        let left = Self.names(in: place.path("etc")) + Self.names(in: place.path("etc/d"))
        let stray = left.filter { $0.contains("recoverd") || $0.hasSuffix(".new") }
        if !stray.isEmpty { complaints.append("left behind: \(stray)") }
        return (isHit, complaints)
    }

    /// The files of the configuration by their names.
    private func contents() throws -> [String: String] {
        var found: [String: String] = [:]
        for name in Set(Self.old.keys).union(Self.new.keys) {
            if access(place.path("etc/\(name)"), F_OK) == 0 { found[name] = try place.text(of: "etc/\(name)") }
        }
        return found
    }

    private func run(_ words: [String]) throws -> Int32 {
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        let status = try ChildProgram(words, output: null).wait()
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
    }

    private static func names(in path: String) -> [String] { Processes.names(in: path) }

    private static func files(in path: String) -> [String] { names(in: path).map { "\(path)/\($0)" } }
}
