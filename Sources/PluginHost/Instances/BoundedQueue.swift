/// A first-in, first-out queue with a bound.
struct BoundedQueue<Element> {
    private var elements: [Element?] = []
    private var first = 0
    private(set) var count = 0
    private let capacity: Int

    init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
    }

    var isFull: Bool { count == capacity }

    var head: Element? { count == 0 ? nil : elements[first] }

    /// Adds an element.
    ///
    /// - Precondition: The queue is not full.
    mutating func append(_ element: Element) {
        precondition(!isFull)
        if count == elements.count { grow() }
        elements[(first + count) % elements.count] = element
        count += 1
    }

    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = elements[first]
        elements[first] = nil
        first = (first + 1) % elements.count
        count -= 1
        return element
    }

    /// The ring doubles up to the capacity, so that a queue that stays short costs little.
    private mutating func grow() {
        let waiting = (0..<count).map { elements[(first + $0) % elements.count] }
        let size = min(capacity, max(4, 2 * elements.count))
        elements = waiting + Array(repeating: nil, count: size - count)
        first = 0
    }
}
