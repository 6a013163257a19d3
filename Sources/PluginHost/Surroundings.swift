import CSystem
import Files
import Glibc

/// What a process inherits from whoever started it, put in order.
enum Surroundings {
    /// Descriptors that the agent needs at least: its own, the broker's, and three for each of some running commands.
    static let leastDescriptors = 64

    /// Opens what is closed of the standard descriptors, gives signals their usual meaning, and keeps new files and our
    /// memory private.
    ///
    /// - Throws: Where too few descriptors are allowed.
    static func prepare() throws(StartError) {
        guard Descriptor.openStandardStreams() else { throw StartError("/dev/null cannot be opened") }
        resetSignals()
        umask(0o077)
        // Keys and passwords are in there. A limit of zero for core dumps would not do: it counts for nothing where dumps
        // go to a program, and commands would inherit it.
        csystem_keep_memory_private()
        try checkDescriptorLimit()
    }

    /// An ignored SIGCHLD would hide the ends of children; a blocked TERM could not stop the agent.
    private static func resetSignals() {
        for number in [SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1] { signal(number, SIG_DFL) }
        // A log whose reader is gone must not end the agent; commands get the default back when they are started.
        signal(SIGPIPE, SIG_IGN)
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
    }

    private static func checkDescriptorLimit() throws(StartError) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        guard limit.rlim_cur < leastDescriptors else { return }
        // The soft limit may be raised up to the hard one.
        limit.rlim_cur = min(limit.rlim_max, rlim_t(1024))
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard limit.rlim_cur >= leastDescriptors else {
            throw StartError(
                "\(limit.rlim_max) open files are allowed; at least \(leastDescriptors) are needed (ulimit -n)")
        }
    }
}
