#if canImport(Testing)
public import Testing
#endif

/// A wall clock that jumps by a word in a file; the monotonic one goes on.
public final class FakeClock: Sendable {
    private let directory: TemporaryDirectory

    /// The right time, at first.
    public init() throws {
        directory = try TemporaryDirectory()
        try set("+0")
    }

    /// Sets it, in the words of faketime(1).
    public func set(_ time: String) throws { try directory.write(time + "\n", to: "time", mode: 0o644) }

    /// What starts a program that has this clock.
    ///
    /// The program, which sets all variables before: the library itself would set one inside ours, and then Swift does not
    /// find the program's arguments any more.
    public var prefix: [String] {
        [
            "/usr/bin/faketime", "-m", "--exclude-monotonic", "-f", "+0", "/usr/bin/env", "-u", "FAKETIME",
            "FAKETIME_TIMESTAMP_FILE=\(directory.path("time"))", "FAKETIME_NO_CACHE=1",
        ]
    }
}

// A build without the tests knows no test library.
#if canImport(Testing)
extension Trait where Self == ConditionTrait {
    /// Not for the address sanitizer: like faketime it has to stand before the C library.
    public static var needsFaketime: Self {
        .disabled(if: ProcessEnvironment.isAddressSanitized, "faketime cannot be used beside the address sanitizer")
    }
}
#endif
