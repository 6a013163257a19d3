import TestSupport
import Testing

extension ChaosTests {
    /// Processes of ours die at every system call of one task's way.
    ///
    /// An undisturbed task first shows the calls of each thread; then each has a task that meets its death there.
    @Suite struct Sweeps {
        @Test("F-03: the agent dies at every call of the thread that accepts") func accepting() async throws {
            try await sweep("F-03 agent, accepting thread", slice: 60) { $0.thread.hasPrefix("mqtt") }
        }

        @Test("F-04: the agent dies at every call of its other threads", .enabled(if: Chaos.isFull))
        func others() async throws {
            try await sweep("F-04 agent, other threads", slice: 0) { !$0.thread.hasPrefix("mqtt") }
        }

        @Test("F-04: runner and supervisor die at every call", .enabled(if: Chaos.isFull))
        func runner() async throws {
            var options = Rig.Options()
            options.retry = .seconds(1)
            try await scenario("F-04 runner and supervisor", options) { rig, _ in
                guard let points = try await rig.pointsOfRunner() else {
                    return rig.expect(false, "there is no runner")
                }
                for role in SweepRole.allCases {
                    let listed = points.all[role] ?? []
                    var hit: Set<SweepPoint> = []
                    for (number, point) in listed.enumerated() {
                        let task = ChaosTask("\(role)-\(number)", code: number % 126, wait: "0.05")
                        if try await rig.killOne(role, at: point, of: points, task: task) { hit.insert(point) }
                    }
                    report("F-04 \(role.rawValue)", listed: listed, hit: hit)
                    rig.expect(hit.count * 2 > listed.count, "\(role): only \(hit.count) of \(listed.count) were hit")
                }
            }
        }

        @Test("F-04: runner and supervisor die before either has said who supervises") func unknown() async throws {
            try await scenario("F-04 runner and supervisor together") { rig, _ in
                guard let points = try await rig.pointsOfRunner() else {
                    return rig.expect(false, "there is no runner")
                }
                let task = ChaosTask("both", code: 3, wait: "0.2")
                let isHit = try await rig.killBothBeforeTheNote(task, points)
                rig.expect(isHit, "the two did not die where they should")
            }
        }

        private func sweep(_ name: String, slice: Int, _ isWanted: (SweepPoint) -> Bool) async throws {
            var options = Rig.Options()
            options.retry = .milliseconds(500)
            try await scenario(name, options) { rig, generator in
                var listed = try await rig.pointsOfAgent().filter(isWanted)
                if !Chaos.isFull { listed = Array(listed.shuffled(using: &generator).prefix(slice)) }
                var hit: Set<SweepPoint> = []
                for (number, point) in listed.enumerated() {
                    // A point may be missed by chance, as when two messages are read at once; so there is a second try.
                    for attempt in 0..<2 where !hit.contains(point) {
                        let task = ChaosTask("point-\(number)-\(attempt)", code: number % 126)
                        if try await rig.killAgent(at: point, task: task) { hit.insert(point) }
                    }
                }
                report(name, listed: listed, hit: hit)
                rig.expect(hit.count * 2 > listed.count, "only \(hit.count) of \(listed.count) points were hit")
            }
        }

        private func report(_ name: String, listed: [SweepPoint], hit: Set<SweepPoint>) {
            ChaosTable.say("chaos: \(name): \(hit.count) of \(listed.count) points hit")
            for point in listed { ChaosTable.say("chaos:   \(hit.contains(point) ? "hit   " : "missed") \(point)") }
        }
    }
}
