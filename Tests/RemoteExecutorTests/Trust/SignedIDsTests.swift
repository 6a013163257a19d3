import CommandCatalog
import Digest
import Testing

@testable import RemoteExecutor

/// What is remembered of those who have a key, and of what came by a challenge.
struct SignedIDsTests {
    private let key: KeyID
    private let id = TaskID.integer(1)
    private let digests: [TaskDigest]

    init() throws {
        key = try #require(KeyID("ops"))
        digests = try (0..<(ChallengedTasks.most + 1)).map { number in
            try #require(TaskDigest(bytes: SHA256(of: Array("\(number)".utf8)).bytes))
        }
    }

    @Test func stepsOnlyGoForwards() {
        var ids = SignedIDs()
        #expect(ids.step(of: id, by: key, for: digests[0]) == nil)
        ids.note(id, by: key, for: digests[0], .asked)
        #expect(ids.step(of: id, by: key, for: digests[0]) == .asked)
        ids.note(id, by: key, for: digests[0], .taken)
        ids.note(id, by: key, for: digests[0], .allowed)
        #expect(ids.step(of: id, by: key, for: digests[0]) == .taken)
        #expect(ids.step(of: id, by: nil, for: digests[0]) == nil)
    }

    @Test func onlyWhatWasDoneTakesAnID() {
        var ids = SignedIDs()
        ids.note(id, by: key, for: digests[0], .allowed)
        #expect(!ids.isTaken(id, by: key, for: digests[1]))
        ids.note(id, by: key, for: digests[1], .taken)
        #expect(ids.isTaken(id, by: key, for: digests[0]) && !ids.isTaken(id, by: key, for: digests[1]))
        ids.note(id, by: key, for: digests[0], .taken)
        #expect(ids.step(of: id, by: key, for: digests[1]) == .taken)
    }

    @Test func whoMayOnlyAskPushesNoTaskOut() {
        var ids = SignedIDs()
        ids.note(id, by: key, for: digests[0], .taken)
        ids.note(.integer(2), by: key, for: digests[1], .answered)
        for number in 0..<SignedIDs.most { ids.note(.text("\(number)"), by: key, for: digests[0], .answered) }
        #expect(ids.step(of: id, by: key, for: digests[0]) == .taken)
        #expect(ids.step(of: .integer(2), by: key, for: digests[1]) == nil)
    }

    @Test func challengesThatAreOverMakeRoom() {
        var tasks = ChallengedTasks()
        for digest in digests.dropLast() { tasks.note(digest, by: "a", of: ["a", "b"]) }
        #expect(tasks.isFull(of: ["a", "b"]) && !tasks.isFull(of: ["b", "c"]))
        tasks.forget(digests[0])
        #expect(!tasks.contains(digests[0]) && !tasks.isFull(of: ["a", "b"]))
    }

    @Test func fetchesAreBounded() {
        var fetches = Fetches()
        var begun: [Bool] = []
        for _ in 0..<20 { begun.append(fetches.begin()) }
        fetches.end()
        begun.append(fetches.begin())
        begun.append(fetches.begin())
        let all = Array(repeating: true, count: Fetches.most)
        #expect(begun == all + Array(repeating: false, count: 20 - Fetches.most) + [true, false])
    }
}
