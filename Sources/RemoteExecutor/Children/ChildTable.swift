/// All children by small numbers that fit into an event's tag.
struct ChildTable {
    /// Names a child for as long as it is in the table; a later child in the same slot has another generation.
    struct Handle: Equatable {
        let slot: UInt32
        let generation: UInt32
    }

    private var slots: [Child?] = []
    private var generations: [UInt32] = []
    private var free: [UInt32] = []

    /// Whether there is no child.
    var isEmpty: Bool { free.count == slots.count }

    /// All children.
    var children: [Child] { slots.compactMap { $0 } }

    subscript(handle: Handle) -> Child? {
        let slot = Int(handle.slot)
        guard slot < slots.count, generations[slot] == handle.generation else { return nil }
        return slots[slot]
    }

    mutating func insert(_ child: Child) {
        let slot = free.popLast() ?? UInt32(slots.count)
        if slot == slots.count {
            slots.append(child)
            generations.append(0)
        } else {
            slots[Int(slot)] = child
        }
        child.handle = Handle(slot: slot, generation: generations[Int(slot)])
    }

    mutating func remove(_ child: Child) {
        let slot = Int(child.handle.slot)
        slots[slot] = nil
        // 30 bits, because the tag of an event has that much room.
        generations[slot] = (generations[slot] + 1) & ChildEvent.generationMask
        free.append(child.handle.slot)
    }
}
