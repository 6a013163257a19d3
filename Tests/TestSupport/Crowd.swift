// A build without the tests knows no test library.
#if canImport(Testing)
public import Testing

/// Lets only so many of the tests that start programs or reckon for long run at a time, each on a thread of its own.
///
/// The test library starts all tests at once. Where each of several hundred starts brokers, agents and commands, two
/// cores serve none of them within its deadlines; and where a test keeps one of the few threads that all tasks share for
/// seconds, the tasks of the others miss theirs.
public struct Crowd: SuiteTrait, TestTrait, TestScoping {
    /// So many keep two cores busy, and none waits for another one for long.
    private static let places = Places(6)

    /// Suites hand it on to their tests.
    public var isRecursive: Bool { true }

    /// Runs one test, when there is a place for it.
    @concurrent
    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        await Self.places.take()
        do {
            let thread = try OwnThread()
            defer { thread.end() }
            try await withTaskExecutorPreference(thread) { try await function() }
        } catch {
            await Self.places.giveBack()
            throw error
        }
        await Self.places.giveBack()
    }
}

extension Trait where Self == Crowd {
    /// Runs beside few others only, because it starts programs or reckons for long.
    public static var crowd: Self { Self() }
}

/// A number of places, and those who wait for one in the order of their coming.
private actor Places {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) {
        free = count
    }

    func take() async {
        guard free == 0 else {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func giveBack() {
        if waiting.isEmpty {
            free += 1
        } else {
            waiting.removeFirst().resume()
        }
    }
}
#endif
