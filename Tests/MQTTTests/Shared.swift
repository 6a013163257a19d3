import Glibc
import Synchronization

/// A value that threads share in a test.
final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }

    func set(_ value: Value) { self.value.withLock { $0 = value } }

    func get() -> Value { value.withLock { $0 } }
}

extension Shared where Value == Bool {
    /// Blocks the calling thread until it is true.
    func wait() {
        while !get() { usleep(1000) }
    }
}

extension Shared where Value == Int {
    /// Adds one and returns what it was.
    func increment() -> Int {
        value.withLock { value in
            defer { value += 1 }
            return value
        }
    }
}
