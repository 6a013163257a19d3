/// The children by their deadlines, the nearest first: a binary heap that knows where each child is, so that a child
/// that ends leaves nothing behind.
struct DeadlineQueue {
    private var heap: [Child] = []

    /// The child whose deadline comes first.
    var first: Child? { heap.first }

    /// Sets the child's deadline, whether it had one or not.
    mutating func schedule(_ child: Child, at deadline: ContinuousClock.Instant) {
        child.deadline = deadline
        if child.queueIndex < 0 {
            child.queueIndex = heap.count
            heap.append(child)
        }
        settle(child.queueIndex)
    }

    /// Takes the child's deadline away.
    mutating func remove(_ child: Child) {
        let index = child.queueIndex
        guard index >= 0, let last = heap.popLast() else { return }
        child.queueIndex = -1
        guard last !== child else { return }
        place(last, at: index)
        settle(index)
    }

    /// Moves the child at `index` to where it belongs.
    private mutating func settle(_ index: Int) {
        var index = index
        while index > 0, heap[index].deadline < heap[(index - 1) / 2].deadline {
            exchange(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
        while let next = earlierChild(of: index), heap[next].deadline < heap[index].deadline {
            exchange(index, next)
            index = next
        }
    }

    private func earlierChild(of index: Int) -> Int? {
        let (left, right) = (2 * index + 1, 2 * index + 2)
        guard left < heap.count else { return nil }
        guard right < heap.count else { return left }
        return heap[right].deadline < heap[left].deadline ? right : left
    }

    private mutating func exchange(_ one: Int, _ other: Int) {
        let moved = heap[one]
        place(heap[other], at: one)
        place(moved, at: other)
    }

    private mutating func place(_ child: Child, at index: Int) {
        heap[index] = child
        child.queueIndex = index
    }
}
