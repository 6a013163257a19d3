import CommandCatalog
import Glibc
import TestSupport
import Testing

@testable import Replacement

/// What strangers could have changed is not executed for a service.
@Suite(.enabled(if: geteuid() == 0, "only root can give files away")) struct TrustTests {
    /// A program of user 4711 that notes that it was executed.
    private func foreign(_ bench: ServiceBench) throws -> ConfigurationDefinition.Action {
        let path = try bench.directory.write(
            "#!/bin/sh\ntouch '\(bench.directory.path("executed"))'\n", to: "program", mode: 0o755)
        chown(path, 4711, 0)
        return ConfigurationDefinition.Action(.program([path]), timeout: .seconds(5))
    }

    private func reason(_ bench: ServiceBench) -> String {
        let path = bench.directory.path("program")
        return "\(path) will not be executed, because \(path) belongs to user 4711, who could change it; "
            + "use: chown root \(path)"
    }

    @Test func programOfOursIsExecutedAndThatOfAStrangerIsNot() throws {
        let bench = try ServiceBench()
        let program = try foreign(bench).words()
        let end = ChildProgram.run(program, timeout: .seconds(5))
        #expect(end.isRefused && !end.isSuccess && end.reason == reason(bench))
        #expect(bench.text("executed") == nil)
        chown(program[0], 0, 0)
        #expect(ChildProgram.run(program, timeout: .seconds(5)).isSuccess)
        #expect(bench.text("executed") != nil)
    }

    @Test func checkOfAStrangerLeavesEverythingAsItWas() throws {
        let bench = try ServiceBench()
        let before = bench.process
        bench.definition.check = try foreign(bench)
        #expect(
            bench.replace("new\n")
                == ReplacementOutcome(.configurationBroken, "New config seems broken!: \(reason(bench))"))
        #expect(bench.text() == "old\n" && bench.process == before && bench.text("executed") == nil)
    }

    @Test(arguments: ["reload", "restart", "stop", "start"]) func actionOfAStrangerIsAFailedStep(verb: String) throws {
        let bench = try ServiceBench()
        let program = try foreign(bench)
        guard case .stopAndStart(let stop, let start) = bench.definition.taking else { return }
        bench.definition.taking =
            switch verb {
            case "reload": .reload(program)
            case "restart": .restart(program)
            case "stop": .stopAndStart(stop: program, start: start)
            default: .stopAndStart(stop: stop, start: program)
            }
        let outcome = bench.replace("new\n")
        #expect(outcome.code == (verb == "stop" ? .serviceNotStopped : .configurationNotRestored))
        #expect(outcome.message.contains(reason(bench)))
        #expect(bench.text() == "old\n" && bench.text("executed") == nil)
        #expect(bench.isRunning == (verb != "start"))
    }

    /// It is no word that the service does not run: nobody starts a second one.
    @Test func lookOfAStrangerSaysNothing() throws {
        let bench = try ServiceBench()
        let before = bench.process
        bench.definition.running = try foreign(bench)
        let outcome = bench.replace("new\n")
        #expect(outcome.message.hasPrefix(reason(bench)))
        #expect(bench.text() == "old\n" && bench.process == before && bench.text("executed") == nil)
    }

    @Test func collectdOfAStrangerIsNotExecuted() throws {
        let bench = try ServiceBench()
        let program = try foreign(bench).words()[0]
        let check = CollectdCheck(program: program, timeout: .seconds(5), isCancelled: { false })
        #expect(throws: ServiceFailure(reason(bench))) {
            try check.run(bench.directory.path("etc/s.conf"), wrapper: bench.directory.path("state/wrapper"))
        }
        bench.definition.check = bench.line("true")
        bench.definition.taking = .collectd(.init(program: program, pidFile: bench.directory.path("collectd.pid")))
        #expect(bench.replace("new\n").message.hasPrefix(reason(bench)))
        #expect(bench.text() == "old\n" && bench.text("executed") == nil)
    }
}
