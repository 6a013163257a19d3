import Glibc

/// The signals by which a user stops us while we wait: held back, so that the goodbye to the broker can be said.
struct Signals {
    /// Those that are not ignored: `nohup` and the shell's `&` ask for that.
    private let held: sigset_t
    private let numbers: [CInt]

    /// Holds them back.
    ///
    /// To be called before there is a second thread: it would be ended by them.
    init() {
        numbers = [SIGINT, SIGTERM, SIGHUP].filter { !Self.isIgnored($0) }
        var set = sigset_t()
        sigemptyset(&set)
        for number in numbers { sigaddset(&set, number) }
        held = set
        // A reader of our output that goes away is found by write(2).
        signal(SIGPIPE, SIG_IGN)
        sigprocmask(SIG_BLOCK, &set, nil)
    }

    /// Lets them do their usual work while `body` runs: a write to a pipe that nobody empties must be possible to end.
    func released<Result>(_ body: () -> Result) -> Result {
        var set = held
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
        defer { pthread_sigmask(SIG_BLOCK, &set, nil) }
        return body()
    }

    /// Starts a thread that reports those that come.
    func report(_ receive: @escaping @Sendable (CInt) -> Void) {
        if numbers.isEmpty { return }
        let watch = Watch(held: held, receive: receive)
        var thread = pthread_t()
        let context = Unmanaged.passRetained(watch).toOpaque()
        guard pthread_create(&thread, nil, Self.entry, context) == 0 else {
            // Without the thread the signals do what they always did.
            Unmanaged<Watch>.fromOpaque(context).release()
            var set = held
            pthread_sigmask(SIG_UNBLOCK, &set, nil)
            return
        }
        pthread_detach(thread)
    }

    /// What the thread is given.
    private final class Watch: Sendable {
        let held: sigset_t
        let receive: @Sendable (CInt) -> Void

        init(held: sigset_t, receive: @escaping @Sendable (CInt) -> Void) {
            self.held = held
            self.receive = receive
        }
    }

    private static let entry: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context else { return nil }
        let watch = Unmanaged<Watch>.fromOpaque(context).takeRetainedValue()
        var (set, number) = (watch.held, CInt(0))
        while sigwait(&set, &number) == 0 { watch.receive(number) }
        return nil
    }

    private static func isIgnored(_ number: CInt) -> Bool {
        var action = sigaction()
        sigaction(number, nil, &action)
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    }
}
