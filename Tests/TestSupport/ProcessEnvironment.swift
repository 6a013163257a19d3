import Glibc

/// Variables of the test's own environment.
public enum ProcessEnvironment {
    /// Whether our programs count what is reached of them; who is killed cannot write it down.
    public static var isCounting: Bool { getenv("LLVM_PROFILE_FILE") != nil }

    /// Whether memory is looked after by the address sanitizer, which like faketime wants to be asked before the C library.
    public static var isAddressSanitized: Bool { getenv("ASAN_OPTIONS") != nil }

    /// What our programs need to know when they are built for a sanitizer or with counters, also in a clean environment.
    public static var sanitizer: [String: String] {
        var variables: [String: String] = [:]
        for name in ["LD_PRELOAD", "TSAN_OPTIONS", "ASAN_OPTIONS", "SWIFT_BACKTRACE", "LLVM_PROFILE_FILE"] {
            if let value = getenv(name) { variables[name] = String(cString: value) }
        }
        return variables
    }
}
