import Testing

@testable import PluginHost

/// When the service manager is told what.
@Suite struct VigilTests {
    private func outcomes(
        _ vigil: inout Vigil, _ looks: [(second: Int, late: [String])]
    ) -> [Vigil.Outcome] {
        looks.map { vigil.look(late: $0.late, status: "s", now: .seconds($0.second)) }
    }

    @Test func signOfLifeComesFourTimesInThePatience() {
        var vigil = Vigil(patience: .seconds(60))
        let told = (0...60).filter { second in
            vigil.look(late: [], status: "", now: .seconds(second)).news == [.alive]
        }
        #expect(told == [0, 15, 30, 45, 60])
    }

    @Test func withoutPatienceOnlyTheStatusIsTold() {
        var vigil = Vigil(patience: nil)
        let told = outcomes(&vigil, [(0, []), (1, ["runs"]), (2, []), (60, [])])
        #expect(told.map(\.news) == [[.status("s")], [], [], []])
        #expect(told.map(\.stopped) == [[], ["runs"], [], []] && told.map(\.resumed) == [[], [], ["runs"], []])
    }

    @Test func loopThatStandsStillIsTroubleOnceAndNoSignOfLifeComes() {
        var vigil = Vigil(patience: .seconds(60))
        let told = outcomes(
            &vigil, [(0, []), (20, ["runs"]), (21, ["runs"]), (40, ["runs", "control"]), (90, ["control"]), (91, [])])
        #expect(told.map(\.news) == [[.status("s"), .alive], [.stuck], [], [.stuck], [], [.alive]])
        #expect(told.map(\.stopped) == [[], ["runs"], [], ["control"], [], []])
        #expect(told.map(\.resumed) == [[], [], [], [], ["runs"], ["control"]])
    }

    @Test func statusIsToldWhereItChanges() {
        var vigil = Vigil(patience: .seconds(60))
        let told = ["a", "a", "b", "a"].map { vigil.look(late: [], status: $0, now: .seconds(1)).news }
        #expect(told == [[.status("a"), .alive], [], [.status("b")], [.status("a")]])
    }
}
