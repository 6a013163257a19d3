/// What an event of the kernel is about; goes into epoll as one number.
enum ChildEvent {
    /// There are requests of other threads.
    case request
    /// A child has ended.
    case exit(ChildTable.Handle)
    /// Standard output of a child can be read.
    case stdout(ChildTable.Handle)
    /// Standard error of a child can be read.
    case stderr(ChildTable.Handle)

    /// The generation's bits; two more name the kind.
    static let generationMask: UInt32 = 0x3FFF_FFFF

    init(tag: UInt64) {
        let generation = UInt32(truncatingIfNeeded: tag >> 2) & Self.generationMask
        let handle = ChildTable.Handle(slot: UInt32(tag >> 32), generation: generation)
        switch tag & 3 {
        case 1: self = .exit(handle)
        case 2: self = .stdout(handle)
        case 3: self = .stderr(handle)
        default: self = .request
        }
    }

    /// The number.
    var tag: UInt64 {
        switch self {
        case .request: 0
        case .exit(let handle): Self.tag(handle, 1)
        case .stdout(let handle): Self.tag(handle, 2)
        case .stderr(let handle): Self.tag(handle, 3)
        }
    }

    private static func tag(_ handle: ChildTable.Handle, _ kind: UInt64) -> UInt64 {
        UInt64(handle.slot) << 32 | UInt64(handle.generation) << 2 | kind
    }
}
