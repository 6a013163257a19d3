internal import CommandCatalog

/// The tasks that were taken by a challenge: each of them once, whatever the clock says afterwards.
///
/// The journal forgets what is old, and when a clock that was days behind is set right, what was taken just before is old at
/// once; but a challenge is still accepted. It is so by this process only, and for two periods at most, so that memory is
/// enough.
struct ChallengedTasks {
    private var tasks: [String: Set<TaskDigest>] = [:]

    /// Many more than a person sends to a host whose clock is wrong.
    static let most = 10_000

    /// Whether no more can be taken until one of the challenges that are accepted is not any more.
    func isFull(of accepted: [String]) -> Bool {
        accepted.reduce(0) { $0 + (tasks[$1]?.count ?? 0) } >= Self.most
    }

    /// Whether a task was taken so.
    func contains(_ digest: TaskDigest) -> Bool { tasks.values.contains { $0.contains(digest) } }

    /// Notes a task that is taken, if it is so by a challenge.
    ///
    /// - Parameters:
    ///   - digest: The task.
    ///   - challenge: What it names.
    ///   - accepted: The challenges that are accepted now; what was taken by others is forgotten.
    mutating func note(_ digest: TaskDigest, by challenge: String?, of accepted: [String]) {
        tasks = tasks.filter { accepted.contains($0.key) }
        guard let challenge, accepted.contains(challenge) else { return }
        tasks[challenge, default: []].insert(digest)
    }

    /// Forgets a task that was not done after all, and may come again.
    mutating func forget(_ digest: TaskDigest) {
        for challenge in tasks.keys { tasks[challenge]?.remove(digest) }
    }
}
