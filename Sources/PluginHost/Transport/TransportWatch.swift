import Certificates
import CommandCatalog
import Glibc
import MQTT

/// Notices that the files of TLS changed, and looks at them before anybody uses them.
struct TransportWatch {
    /// What a look found.
    enum News: Equatable {
        case nothing
        /// Other certificates than before, all of them good: connections must be made with them.
        case renewed
        /// What was broken is again what the connections were made with.
        case mended
        /// They cannot be used as they are now.
        case broken(String)
    }

    private let options: TLSOptions
    /// The files as they were judged last.
    private var judged: [FileSignature?]
    /// The files at the last look.
    private var seen: [FileSignature?]
    /// What the connections were made with.
    private(set) var files: TLSFiles?
    /// Why the files as they are now are not used.
    private(set) var error: String?

    /// A watch of these files, which are read at once.
    init(_ options: TLSOptions, now: Timestamp) {
        self.options = options
        judged = Self.signatures(of: options)
        seen = judged
        let (files, mistakes) = TransportFiles.read(options, now: now)
        self.files = files
        error = mistakes.first?.message
    }

    /// Whether these are the files that are watched.
    func isOf(_ options: TLSOptions) -> Bool { self.options == options }

    /// Looks at the files; they are judged when two looks saw the same.
    ///
    /// A certificate and its key are two files: who looks between one write and the next sees a pair that is none.
    mutating func look(now: Timestamp) -> News {
        let present = Self.signatures(of: options)
        defer { seen = present }
        guard present != judged, present == seen else { return .nothing }
        judged = present
        let (new, mistakes) = TransportFiles.read(options, now: now)
        guard let new else {
            error = mistakes.map(\.message).joined(separator: "; ")
            return .broken(error ?? "")
        }
        let wasBroken = error != nil
        error = nil
        guard new != files else { return wasBroken ? .mended : .nothing }
        files = new
        return .renewed
    }

    private static func signatures(of options: TLSOptions) -> [FileSignature?] {
        [options.caFile, options.certificateFile, options.keyFile].map { $0.flatMap(FileSignature.init) }
    }
}

/// What tells two states of a file apart without reading it.
private struct FileSignature: Equatable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    /// Of content and of owner, mode and name, in seconds and nanoseconds.
    private let times: [Int]

    /// `nil` when there is no such file.
    init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        times = [
            status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
        ]
    }
}
