import Glibc
import Testing

@testable import Files

/// Open files by their numbers.
struct DescriptorTests {
    @Test(arguments: [[0], [1], [0, 1], [0, 1, 2]] as [[Int32]])
    func closedStandardStreamsAreOpenedAndTheOthersStay(closed: [Int32]) async {
        await #expect(processExitsWith: .success) { [closed] in
            let kept = Array(0...2 as ClosedRange<Int32>).filter { !closed.contains($0) }
            let before = kept.map(Self.file)
            for descriptor in closed { close(descriptor) }
            #expect(Descriptor.openStandardStreams())
            let null = open("/dev/null", O_RDONLY)
            #expect(null > 2)
            #expect(closed.allSatisfy { Self.file($0) == Self.file(null) })
            #expect(kept.map(Self.file) == before)
        }
    }

    /// Which file it is.
    private static func file(_ descriptor: Int32) -> [UInt64] {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return [] }
        return [UInt64(status.st_dev), UInt64(status.st_ino)]
    }
}
