import Glibc

/// Variables of the test's own environment.
public enum ProcessEnvironment {
    /// What our programs need to know when they are built for a sanitizer, also in a clean environment.
    public static var sanitizer: [String: String] {
        var variables: [String: String] = [:]
        for name in ["LD_PRELOAD", "TSAN_OPTIONS", "ASAN_OPTIONS", "SWIFT_BACKTRACE"] {
            if let value = getenv(name) { variables[name] = String(cString: value) }
        }
        return variables
    }
}
