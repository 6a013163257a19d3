/// Waits until something is true, looking again and again.
///
/// The limit is only there so that a test cannot hang; make it generous.
///
/// - Throws: It did not become true in time.
public func eventually(
    within limit: Duration = .seconds(30), _ what: String = "the condition", every pause: Duration = .milliseconds(5),
    _ isTrue: () throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try !isTrue() {
        guard .now < deadline else { throw SystemFailure("\(what) did not become true within \(limit)") }
        try await Task.sleep(for: pause)
    }
}
