import CommandCatalog
import Testing

@testable import Replacement

/// The order of a replacement, with every step failing in turn, and every step on the way back.
@Suite struct ReplacementMachineTests {
    private typealias Step = ReplacementMachine.Step

    /// Runs a machine in which some steps fail; what was done, and what came of it.
    private static func run(
        _ machine: ReplacementMachine, failing: Set<Step> = []
    ) -> (steps: [Step], outcome: ReplacementOutcome) {
        var (machine, steps): (ReplacementMachine, [Step]) = (machine, [])
        var next = machine.next()
        while case .perform(let step) = next {
            steps.append(step)
            precondition(steps.count < 30, "it does not end")
            next = machine.next(after: failing.contains(step) ? .failed("no \(step.rawValue)") : .done)
        }
        guard case .end(let outcome) = next else { preconditionFailure("neither a step nor an end") }
        return (steps, outcome)
    }

    @Test func goodOneGoesForwardOnly() {
        let (steps, outcome) = Self.run(ReplacementMachine())
        #expect(
            steps == [
                .stage, .check, .keep, .begin, .stop, .awaitEnd, .swap, .take, .awaitRun, .confirm, .commit,
            ])
        #expect(outcome == .replaced)
    }

    @Test func dryRunEndsWithTheCheckAndCleansUp() {
        let (steps, outcome) = Self.run(ReplacementMachine(isDryRun: true))
        #expect(steps == [.stage, .check, .discard])
        #expect(outcome.code == .success)
        let broken = Self.run(ReplacementMachine(isDryRun: true), failing: [.check])
        #expect(broken.steps == [.stage, .check, .discard])
        #expect(broken.outcome == ReplacementOutcome(.configurationBroken, "New config seems broken!: no check"))
    }

    @Test(arguments: [
        (Step.stage, 0x2001), (.check, 0x2002), (.keep, 0x2005), (.begin, 0x2005),
    ])
    func failureBeforeTheBeginTouchesNothing(step: ReplacementMachine.Step, code: Int) {
        let (steps, outcome) = Self.run(ReplacementMachine(), failing: [step])
        #expect(outcome.code.rawValue == code)
        #expect(outcome.message.hasSuffix("no \(step.rawValue)"))
        #expect(steps.last == .discard)
        #expect(!steps.contains { [.stop, .swap, .take, .restore].contains($0) })
    }

    @Test(arguments: [
        (Step.stop, 0x2003), (.awaitEnd, 0x2004), (.swap, 0x2006), (.take, 0x2007), (.awaitRun, 0x2007),
        (.confirm, 0x2007), (.commit, 0x2007),
    ])
    func failureAfterwardsGoesTheWholeWayBack(step: ReplacementMachine.Step, code: Int) {
        let (steps, outcome) = Self.run(ReplacementMachine(), failing: [step])
        #expect(outcome.code.rawValue == code)
        #expect(outcome.message.hasSuffix("no \(step.rawValue)"))
        #expect(steps.suffix(4) == [.restore, .retake, .awaitOldRun, .close])
        #expect(!steps.contains(.discard))
    }

    /// Whatever fails on the way back, the rest of it is tried, and nobody says that the old one is in force.
    @Test(arguments: [Step.restore, .retake, .awaitOldRun])
    func failureOnTheWayBackIsSaidAndLeftOpen(back: ReplacementMachine.Step) {
        for step in [Step.stop, .awaitEnd, .swap, .take, .awaitRun, .confirm] {
            let (steps, outcome) = Self.run(ReplacementMachine(), failing: [step, back])
            #expect(outcome.code == .configurationNotRestored)
            #expect(outcome.message.contains("no \(step.rawValue)"))
            #expect(outcome.message.contains("no \(back.rawValue)"))
            #expect(steps.suffix(3) == [.restore, .retake, .awaitOldRun])
            #expect(!steps.contains(.close), "the next one must find it open")
        }
    }

    /// Every set of failing steps: it ends, success means that nothing failed, and the files are old in every other case.
    @Test func everySetOfFailuresEndsWell() {
        let all = Step.allCases
        var violations: [String] = []
        for bits in 0..<(1 << all.count) {
            let failing = Set(all.indices.filter { bits & 1 << $0 != 0 }.map { all[$0] })
            let (steps, outcome) = Self.run(ReplacementMachine(), failing: failing)
            let isTouched = steps.contains(.stop)
            let isWell =
                outcome.code == .success
                ? failing.isDisjoint(with: steps) && steps.contains(.commit)
                : isTouched == steps.contains(.restore) && isTouched != steps.contains(.discard)
                    && steps.count { $0 == .restore } <= 1
            if !isWell { violations.append("\(failing): \(steps), \(outcome.code)") }
        }
        #expect(violations.isEmpty)
    }

    @Test func oneThatWasCutOffGoesBack() {
        let (steps, outcome) = Self.run(ReplacementMachine(undoing: "cut off"))
        #expect(steps == [.restore, .retake, .awaitOldRun, .close])
        #expect(outcome == ReplacementOutcome(.configurationRolledBack, "cut off"))
    }

    /// The words of the predecessor, which its users search for.
    @Test func predecessorsWordsAreKept() {
        #expect(ReplacementOutcome.replaced.message == "Succeeded to replace the config.")
        #expect(
            Name("collectd").map(ReplacementOutcome.busy)?.message
                == "Already attempting to replace collectd config!")
        let texts: [(Step, String)] = [
            (.stage, "Failed to write new config: no stage"), (.check, "New config seems broken!: no check"),
            (.keep, "Failed to back up old config file! no keep"),
            (.swap, "Failed to replace config file! no swap"),
        ]
        for (step, text) in texts {
            #expect(Self.run(ReplacementMachine(), failing: [step]).outcome.message == text)
        }
    }

    @Test func exitStatusesCarryTheCodes() {
        for code in [0] + Array(0x2000...0x200a) {
            let code = ResultCode(rawValue: code)
            #expect((0...255).contains(code.replacerStatus))
            #expect(ResultCode(replacerStatus: code.replacerStatus) == code)
        }
        #expect(ResultCode(replacerStatus: 1).rawValue == 1)
        #expect(ResultCode(replacerStatus: 111).rawValue == 111)
        #expect(ResultCode(replacerStatus: 137).rawValue == 137)
    }
}
