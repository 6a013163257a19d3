import CRunner
import Glibc
import TestSupport
import Testing

@testable import CommandCatalog
@testable import RemoteExecutor

/// What the file of a run tells, whoever wrote it and whatever became of it.
@Suite(.crowd)
struct RunFileTests {
    private let runtime: TemporaryDirectory
    private let run = RunID(rawValue: 0xAB)

    init() throws {
        runtime = try TemporaryDirectory()
        try #require(mkdir(runtime.path("runs"), 0o700) == 0)
    }

    private var file: RunFile { RunFile(runtime: runtime.path, run: run) }

    /// A word for what the file tells now.
    private func evidence(limit: Int = 1000) throws -> String {
        switch file.evidence(limit: limit, command: try RunBench.command(.program(["/bin/x"]))) {
        case .none: "none"
        case .revoked: "revoked"
        case .unreadable: "unreadable"
        case .unclaimed: "unclaimed"
        case .alive(let pid): "alive \(pid)"
        case .dead: "dead"
        case .ended(let outcome): "\(outcome.ending) \(outcome.stdout.text())|\(outcome.stderr.text())"
        case .foreign(let version): "foreign \(version)"
        }
    }

    private func write(_ bytes: [UInt8]) throws {
        try runtime.write(bytes, to: "runs/\(run.marker)")
    }

    /// The claim of a run that was started.
    private static func claim(_ change: (inout runner_claim) -> Void = { _ in }) -> [UInt8] {
        var claim = runner_claim()
        claim.magic = UInt64(RUNNER_MAGIC)
        claim.version = UInt32(RUNNER_FILE)
        claim.run = 0xAB
        claim.supervisor = 4321
        change(&claim)
        return withUnsafeBytes(of: claim) { Array($0) }
    }

    /// A record and what follows it.
    private static func record(
        stdout: String = "out", stderr: String = "error", _ change: (inout runner_record) -> Void = { _ in }
    ) -> [UInt8] {
        var record = runner_record()
        record.magic = RUNNER_RECORD_MAGIC
        record.ending = UInt32(RUNNER_EXITED.rawValue)
        record.value = 3
        record.output.count = UInt64(stdout.utf8.count)
        record.output.inline_count = record.output.count
        record.error.count = UInt64(stderr.utf8.count)
        record.error.inline_count = record.error.count
        change(&record)
        let bytes = withUnsafeBytes(of: record) { Array($0) } + Array(stdout.utf8) + Array(stderr.utf8)
        let sum = bytes.withUnsafeBytes { runner_checksum($0.baseAddress, UInt64($0.count), 0) }
        return bytes + withUnsafeBytes(of: sum) { Array($0) }
    }

    @Test func noFileIsNoStart() throws {
        #expect(try evidence() == "none")
        #expect(try evidence() == "none", "a look changes nothing")
        rmdir(runtime.path("runs"))
        #expect(try evidence() == "none")
    }

    @Test func fileThatCannotBeOpenedIsNotNone() throws {
        try #require(symlink(file.path, file.path) == 0)
        #expect(try evidence() == "unreadable")
    }

    @Test func revokedRunIsRevokedOnceAndStaysSo() throws {
        #expect(file.revoke(boot: "a boot"))
        #expect(!file.revoke(boot: "a boot"))
        #expect(try evidence() == "revoked")
        #expect(file.outcome(limit: 10, command: nil) == nil)
        var status = stat()
        #expect(stat(file.path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test func revokingWorksWhereNoRunnerEverWas() throws {
        rmdir(runtime.path("runs"))
        #expect(file.revoke(boot: "a boot"))
        #expect(try evidence() == "revoked")
    }

    @Test func whatHasBegunIsNotRevoked() throws {
        try write([])
        #expect(!file.revoke(boot: "a boot"))
    }

    @Test func fileWithoutAWholeClaimIsUnclaimedAtEveryLength() throws {
        let claim = Self.claim()
        for length in 0..<claim.count {
            try write(Array(claim.prefix(length)))
            #expect(try evidence() == "unclaimed", "\(length)")
        }
    }

    @Test func lockIsTheSupervisorsLife() throws {
        try write(Self.claim() + Self.record())
        let holder = open(file.path, O_RDWR | O_CLOEXEC)
        try #require(flock(holder, LOCK_EX) == 0)
        #expect(try evidence() == "alive 4321", "a record counts when its writer has ended")
        close(holder)
        #expect(try evidence() == "exited(3) out|error")
    }

    @Test func lockWithoutAClaimIsAliveToo() throws {
        try write([])
        let holder = open(file.path, O_RDWR | O_CLOEXEC)
        try #require(flock(holder, LOCK_EX) == 0)
        #expect(try evidence() == "alive 0")
        close(holder)
        #expect(try evidence() == "unclaimed")
    }

    @Test func tornRecordIsDeadAtEveryLength() throws {
        let (claim, record) = (Self.claim(), Self.record())
        for length in 0..<record.count {
            try write(claim + record.prefix(length))
            #expect(try evidence() == "dead", "\(length) of \(record.count)")
        }
        try write(claim + record)
        #expect(try evidence() == "exited(3) out|error")
        try write(claim + record + [1, 2, 3])
        #expect(try evidence() == "exited(3) out|error")
    }

    @Test func claimWithoutASupervisorIsRevokedUnlessThereIsARecord() throws {
        let claim = Self.claim { $0.supervisor = 0 }
        try write(claim)
        #expect(try evidence() == "revoked")
        // Its number could not be written; what it did is known all the same.
        try write(claim + Self.record())
        #expect(try evidence() == "exited(3) out|error")
    }

    @Test func onlyAnEmptyFileThatNobodyHoldsIsTakenOver() throws {
        #expect(!file.revokeUnclaimed(boot: "a boot"), "there is none")
        try write(Self.claim())
        #expect(!file.revokeUnclaimed(boot: "a boot"), "it is claimed")
        try write([])
        let holder = open(file.path, O_RDWR | O_CLOEXEC)
        try #require(flock(holder, LOCK_EX) == 0)
        #expect(!file.revokeUnclaimed(boot: "a boot"), "a runner has it")
        close(holder)
        #expect(file.revokeUnclaimed(boot: "a boot"))
        #expect(try evidence() == "revoked")
    }

    @Test func flippedBitsInTheRecordAreDead() throws {
        let (claim, record) = (Self.claim(), Self.record())
        for place in record.indices {
            for bit in 0..<8 {
                var flipped = record
                flipped[place] ^= 1 << bit
                try write(claim + flipped)
                #expect(try evidence() == "dead", "byte \(place), bit \(bit)")
            }
        }
    }

    @Test func flippedBitsInTheClaimAreNeverNone() throws {
        for place in Self.claim().indices {
            for bit in 0..<8 {
                var flipped = Self.claim()
                flipped[place] ^= 1 << bit
                try write(flipped + Self.record())
                let evidence = try evidence()
                #expect(evidence != "none" && !evidence.hasPrefix("alive"), "byte \(place), bit \(bit): \(evidence)")
            }
        }
    }

    @Test(arguments: [0, 2, UInt32.max])
    func otherVersionsAreForeign(version: UInt32) throws {
        try write(Self.claim { $0.version = version } + Self.record())
        #expect(try evidence() == "foreign \(version)")
        #expect(file.outcome(limit: 10, command: nil) == nil)
    }

    @Test(arguments: [
        (RUNNER_EXITED, 255, 0, "exited(255)"), (RUNNER_SIGNALED, 9, 0, "signaled(9)"),
        (RUNNER_TIMED_OUT, 0, 0, "timedOut"), (RUNNER_CANCELLED, 0, 0, "cancelled"),
        (runner_ending(rawValue: 99), 0, 0, "interrupted"),
    ])
    func endingIsThatOfTheRecord(_ ending: runner_ending, _ value: Int32, _ step: UInt32, _ text: String) throws {
        let record = Self.record {
            $0.ending = ending.rawValue
            $0.value = value
        }
        try write(Self.claim() + record)
        #expect(try evidence() == "\(text) out|error")
    }

    @Test func startThatFailedSaysWhereAndWhy() throws {
        let record = Self.record {
            $0.ending = RUNNER_NOT_STARTED.rawValue
            $0.value = ENOENT
            $0.step = RUNNER_STEP_EXECUTE.rawValue
        }
        try write(Self.claim() + record)
        let command = try RunBench.command(.program(["/bin/x"]))
        let failure = try #require(file.outcome(limit: 10, command: command)?.failure)
        #expect(failure == StartFailure(.execute, errno: ENOENT, "cannot execute '/bin/x'"))
    }

    @Test func figuresAreThoseOfTheRecord() throws {
        let record = Self.record {
            $0.started = 1_700_000_000_123
            $0.ended = 1_700_000_001_123
            $0.duration = 999_000_000
            $0.survivors = 2
        }
        try write(Self.claim() + record)
        let outcome = try #require(file.outcome(limit: 10, command: nil))
        #expect(outcome.started == Timestamp(nanoseconds: 1_700_000_000_123_000_000))
        #expect(outcome.ended == Timestamp(nanoseconds: 1_700_000_001_123_000_000))
        #expect(outcome.duration == .milliseconds(999))
        #expect(outcome.survivors == 2)
    }

    /// The numbers of a record may be any, its checksum right: the answer is odd then, but there is one.
    @Test(arguments: SeededGenerator.seeds)
    func noNumberCrashes(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        let numbers: [UInt64] = [0, 1, 3, 5, 1000, 70_000, 1 << 31, 1 << 40, UInt64(Int64.max), .max]
        try runtime.write("spooled", to: "runs/\(run.marker).out")
        try runtime.write("tail", to: "runs/\(run.marker).out.tail")
        for _ in 0..<2000 {
            let record = Self.record {
                $0.ending = UInt32(chance.number(below: 7))
                $0.value = Int32(truncatingIfNeeded: chance.one(of: numbers))
                $0.step = UInt32(chance.number(below: 20))
                ($0.started, $0.ended, $0.duration) = (
                    chance.one(of: numbers), chance.one(of: numbers), chance.one(of: numbers)
                )
                $0.output.count = chance.one(of: numbers)
                $0.output.inline_count = chance.one(of: [0, 0, $0.output.inline_count, chance.one(of: numbers)])
                $0.output.spooled = chance.one(of: numbers)
                $0.output.ring = chance.one(of: numbers)
            }
            try write(Self.claim() + record)
            let limit = Int(clamping: chance.one(of: [0, 1, 2, 1000, 1 << 18]))
            if let outcome = file.outcome(limit: limit, command: nil) {
                #expect(outcome.stdout.kept <= limit)
                #expect(outcome.stdout.omitted >= 0)
                _ = outcome.stdout.text()
            }
        }
    }

    @Test func removalTakesTheSpoolOrLeavesIt() throws {
        for ending in ["", ".out", ".out.tail", ".err", ".err.tail"] {
            try runtime.write("x", to: "runs/\(run.marker)\(ending)")
        }
        try runtime.write("x", to: "runs/00000000000000ac")
        file.remove(withSpool: false)
        #expect(RunBench.entries(of: runtime.path("runs")).count == 5)
        file.remove(withSpool: true)
        #expect(RunBench.entries(of: runtime.path("runs")) == ["00000000000000ac"])
    }
}
