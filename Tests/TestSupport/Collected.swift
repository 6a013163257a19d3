import Synchronization

/// Collects values from any thread, in order.
public final class Collected<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    /// Nothing yet.
    public init() {}

    /// Adds one.
    public func append(_ element: Element) { elements.withLock { $0.append(element) } }

    /// All so far.
    public var all: [Element] { elements.withLock { $0 } }

    /// How many so far.
    public var count: Int { elements.withLock { $0.count } }
}
