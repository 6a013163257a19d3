// Tells the thread sanitizer about Swift's Mutex.
//
// On Linux the path that a contended `Mutex` takes lies in the toolchain's own library, which is not instrumented: the
// sanitizer does not see that it acquires anything, and reports races between two holders of one lock. This library,
// loaded before the program, takes that path's place, spins instead, and says what it does.

#include <sched.h>
#include <stdint.h>

__attribute__((weak)) void __tsan_acquire(void *address);

// Synchronization._MutexHandle._lockSlow(_ selfId: UInt32)
__attribute__((swiftcall)) void lock_slow(uint32_t self_id, __attribute__((swift_context)) uint32_t *self)
    __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");

__attribute__((swiftcall)) void lock_slow(uint32_t self_id, __attribute__((swift_context)) uint32_t *self) {
    uint32_t unlocked = 0;
    while (!__atomic_compare_exchange_n(self, &unlocked, self_id, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        unlocked = 0;
        sched_yield();
    }
    if (__tsan_acquire) {
        __tsan_acquire(self);
    }
}
