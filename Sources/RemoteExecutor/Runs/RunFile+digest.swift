internal import CommandCatalog
internal import Digest

extension RunFile {
    /// Nobody waits longer than a tenth of a second for a digest, which is what so many bytes take.
    private static let mostDigested = 16 << 20

    /// The digest of those bytes of a stream that can be fetched; `nil` where they are too many, or not all there.
    func digest(of output: RunOutput, _ stream: OutputStream) -> SHA256? {
        if output.fetchable == output.firstBytes.count { return SHA256(of: output.firstBytes) }
        guard output.fetchable <= Self.mostDigested else { return nil }
        var pieces = Pieces(path: spool(stream), end: output.fetchable)
        let digest = SHA256(of: &pieces)
        return pieces.offset == output.fetchable ? digest : nil
    }

    /// A file piece by piece.
    private struct Pieces: IteratorProtocol {
        let path: String
        let end: Int
        private(set) var offset = 0

        init(path: String, end: Int) { (self.path, self.end) = (path, end) }

        mutating func next() -> [UInt8]? {
            let piece = RunFile.bytes(of: path, at: offset, count: min(256 * 1024, end - offset))
            offset += piece.count
            return piece.isEmpty ? nil : piece
        }
    }
}
