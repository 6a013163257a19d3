import CommandCatalog
import Glibc

/// The inputs that fuzzing begins with, one file each, in `Fuzz/Corpora/BODY`.
public enum FuzzCorpus {
    /// The key with which the seeds of `signature` are signed; nobody has its private half any more.
    static let key = "MCowBQYDK2VwAyEACxyBDKa1cabMvk0bc3cxVHtAP2K8dg7lPw/wmb0fNFQ="
    /// The time at which they are good.
    static let time = Timestamp(seconds: 1_795_248_000)
    /// What they say.
    static let signed = seeds(of: .signature).compactMap { try? TaskMessage($0) }

    private static let directory =
        #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/Fuzz/Corpora"

    /// The seeds of a body, in the order of their names.
    public static func seeds(of body: FuzzBody) -> [[UInt8]] {
        let path = "\(directory)/\(body.rawValue)"
        guard let list = opendir(path) else { return [] }
        defer { closedir(list) }
        var names: [String] = []
        while let entry = readdir(list) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted().map { content("\(path)/\($0)") }
    }

    private static func content(_ path: String) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        require(file >= 0, "open \(path)")
        defer { close(file) }
        var bytes: [UInt8] = []
        while true {
            let piece = [UInt8](unsafeUninitializedCapacity: 65_536) {
                $1 = max(0, read(file, $0.baseAddress, $0.count))
            }
            if piece.isEmpty { return bytes }
            bytes += piece
        }
    }
}
