import CSystem
import CommandCatalog
import Testing

@testable import RemoteExecutor

/// The nearest deadline comes first, whatever was moved and removed.
struct DeadlineQueueTests {
    private func child() throws -> Child {
        let command = try ChildBench.command(.program(["/bin/true"]))
        let request = ChildRequests.Start(command: command, run: RunID(), completion: { _ in })
        let process = csystem_child(pid: 0, pidfd: -1, output: -1, error: -1)
        return Child(process, request: request, started: .now)
    }

    @Test(arguments: 1...20)
    func deadlinesComeInOrder(count: Int) throws {
        var queue = DeadlineQueue()
        let start = ContinuousClock.now
        let children = try (0..<(count * 5)).map { _ in try child() }
        for child in children {
            queue.schedule(child, at: start + .seconds(Int.random(in: 0..<50)))
        }
        for child in children.shuffled().prefix(count) {
            queue.schedule(child, at: start + .seconds(Int.random(in: 0..<50)))
        }
        let removed = children.shuffled().prefix(count * 2)
        for child in removed {
            queue.remove(child)
            queue.remove(child)
        }
        var seen: [ContinuousClock.Instant] = []
        while let first = queue.first {
            queue.remove(first)
            seen.append(first.deadline)
        }
        #expect(seen.count == count * 3)
        #expect(seen == seen.sorted())
        #expect(children.allSatisfy { $0.queueIndex == -1 })
    }
}
