import Glibc
import Synchronization

/// The signals by which a replacement is told to go back.
public enum StopSignals {
    // Only a handler writes it, and any thread may read it.
    private static let came = Atomic<Bool>(false)

    /// Whether one has come.
    public static var hasCome: Bool { came.load(ordering: .relaxed) }

    /// Notes them from now on, instead of ending at once.
    public static func note() {
        for number in [SIGTERM, SIGINT, SIGHUP] {
            signal(number) { _ in StopSignals.came.store(true, ordering: .relaxed) }
        }
        signal(SIGPIPE, SIG_IGN)
    }
}
