internal import CZlib
internal import Glibc

/// Why a compressed file could not be written or read.
public struct GzipError: Error, CustomStringConvertible {
    /// What was wanted, which file, and why not.
    public let description: String

    /// An error that says this.
    public init(description: String) {
        self.description = description
    }
}

/// Writes a file in gzip's form (RFC 1952), piece by piece.
public struct GzipWriter: ~Copyable {
    /// Nil once it is closed.
    private var file: gzFile?
    private let path: String

    /// Makes the file, for our own user only; one that is there is emptied.
    ///
    /// - Throws: Why it cannot be made.
    public init(_ path: String) throws(GzipError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        // Level 1: output of commands is text, and what counts is the time that it takes.
        guard descriptor >= 0, let file = gzdopen(descriptor, "wb1") else {
            throw GzipError(description: "cannot make \(path): \(String(cString: strerror(errno)))")
        }
        (self.file, self.path) = (file, path)
    }

    /// Adds bytes.
    ///
    /// - Throws: Why they cannot be written.
    public func write(_ bytes: [UInt8]) throws(GzipError) {
        let count = bytes.withUnsafeBytes { gzwrite(file, $0.baseAddress, UInt32($0.count)) }
        guard bytes.isEmpty || count == Int32(bytes.count) else {
            throw GzipError(description: "cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }

    /// Ends the file.
    ///
    /// - Throws: Why its end cannot be written.
    public mutating func finish() throws(GzipError) {
        let code = gzclose(file)
        file = nil
        guard code == Z_OK else {
            throw GzipError(description: "cannot end \(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        if let file { gzclose(file) }
    }
}

/// Reads parts of a file in gzip's form.
public enum GzipReader {
    /// Up to `count` bytes of what was compressed, from an offset; fewer at the end.
    ///
    /// Everything before the offset is read too: the further in, the longer it takes.
    ///
    /// - Throws: Why the file cannot be read.
    public static func bytes(of path: String, at offset: Int, count: Int) throws(GzipError) -> [UInt8] {
        guard let file = gzopen(path, "rb") else {
            throw GzipError(description: "cannot open \(path): \(String(cString: strerror(errno)))")
        }
        defer { gzclose(file) }
        guard gzseek(file, offset, SEEK_SET) >= 0 else { throw failure(file, path) }
        var isFailed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let got = gzread(file, buffer.baseAddress, UInt32(buffer.count))
            isFailed = got < 0
            filled = max(0, Int(got))
        }
        // A file that is cut off gives what it has and then only remarks on it; what was never gzip's is given as it is.
        guard !isFailed, bytes.count == count || isWhole(file) else { throw failure(file, path) }
        guard gzdirect(file) == 0 else { throw GzipError(description: "cannot read \(path): not in gzip's form") }
        return bytes
    }

    /// Whether the end that was read to is that of the stream.
    private static func isWhole(_ file: gzFile) -> Bool {
        var code: Int32 = 0
        _ = gzerror(file, &code)
        return code == Z_OK
    }

    /// How many bytes were compressed, as the file's last four say (RFC 1952, 2.3.1); good below 4 GiB.
    ///
    /// - Throws: Why the file cannot be read.
    public static func size(of path: String) throws(GzipError) -> Int {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        defer { if file >= 0 { close(file) } }
        var bytes: [UInt8] = [0, 0, 0, 0]
        guard file >= 0, lseek(file, -4, SEEK_END) >= 0, read(file, &bytes, 4) == 4 else {
            throw GzipError(description: "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        return bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private static func failure(_ file: gzFile, _ path: String) -> GzipError {
        var code: Int32 = 0
        let text = gzerror(file, &code).map { String(cString: $0) } ?? ""
        return GzipError(description: "cannot read \(path): \(text)")
    }
}
