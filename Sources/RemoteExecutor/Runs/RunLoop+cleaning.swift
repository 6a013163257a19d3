import CommandCatalog

/// Files of runs that nobody asks for any more: revoked ones, and those whose agent died before it removed them.
extension RunLoop {
    /// A file that is younger may still be somebody's, and so may one that was revoked while a runner had the order to
    /// start it before its eyes: that one has been seen by then.
    static let leastAge = Duration.seconds(5)
    /// Between two looks at the directory.
    static let cleaningInterval = Duration.seconds(30)

    /// Removes what is not wanted, if it is time to.
    func cleanIfDue() {
        guard link.isReady, clock.now >= nextCleaning else { return }
        nextCleaning = clock.now + Self.cleaningInterval
        let oldest = Timestamp.now + (.zero - Self.leastAge)
        for (file, changed) in RunFile.all(in: runtime) where runs[id: file.run] == nil && !handlers.isWanted(file.run)
        {
            guard changed < oldest else {
                nextCleaning = clock.now + Self.leastAge
                continue
            }
            if case .alive = file.evidence(limit: 0, command: nil) { continue }
            file.remove(withSpool: true)
        }
    }
}
