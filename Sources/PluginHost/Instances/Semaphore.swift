import Glibc

/// A counting semaphore of the C library: the cheapest way to wake a thread of our own.
final class Semaphore: Sendable {
    // `nonisolated(unsafe)`: the pointer never changes, and `sem_t` is made to be used by several threads at once.
    private nonisolated(unsafe) let handle = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() {
        sem_init(handle, 0, 0)
    }

    deinit {
        sem_destroy(handle)
        handle.deallocate()
    }

    func post() {
        sem_post(handle)
    }

    func wait() {
        // Signals interrupt the waiting; nothing has happened then.
        while sem_wait(handle) != 0 {}
    }
}
