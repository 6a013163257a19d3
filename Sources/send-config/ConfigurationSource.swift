import CommandCatalog
import Files
import Glibc
import ProgramOptions

/// What is sent: one file, or all files of a directory under their names there.
struct ConfigurationSource {
    private let path: String

    init(_ path: String) { self.path = path }

    /// What the configuration becomes.
    ///
    /// - Throws: It cannot be read, or an agent would not take it.
    func change() throws(UsageError) -> ReplaceRequest.Change {
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure(path, errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            let text = try text(of: path)
            guard !text.isEmpty else { throw UsageError("\(path) is empty: that is no configuration") }
            return .text(text)
        }
        var files: [ReplaceRequest.FileChange] = []
        try collect(below: "", into: &files)
        guard !files.isEmpty else { throw UsageError("\(path) holds no files") }
        let size = files.reduce(0) { $0 + ($1.text?.utf8.count ?? 0) }
        guard size <= ReplaceRequest.largestSize else { throw tooLarge(path, size) }
        return .files(files)
    }

    private func collect(below directory: String, into files: inout [ReplaceRequest.FileChange]) throws(UsageError) {
        for name in try names(in: "\(path)/\(directory)").sorted() {
            let relative = directory + name
            var status = stat()
            guard stat("\(path)/\(relative)", &status) == 0 else { throw failure("\(path)/\(relative)", errno) }
            if status.st_mode & S_IFMT == S_IFDIR {
                try collect(below: "\(relative)/", into: &files)
                continue
            }
            guard ReplaceRequest.isFileName(relative) else {
                throw UsageError("\(path)/\(relative): an agent takes names such as \"conf.d/site.conf\" only")
            }
            files.append(ReplaceRequest.FileChange(name: relative, text: try text(of: "\(path)/\(relative)")))
            guard files.count <= ReplaceRequest.mostFiles else {
                throw UsageError("\(path) holds more than \(ReplaceRequest.mostFiles) files")
            }
        }
    }

    private func text(of path: String) throws(UsageError) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure(path, errno) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(file, &buffer, buffer.count), count != 0 {
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(path, errno) }
            bytes += buffer.prefix(count)
            guard bytes.count <= ReplaceRequest.largestSize else { throw tooLarge(path, bytes.count) }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw UsageError("\(path) is not valid UTF-8, in which a task must be")
        }
        guard !bytes.contains(0) else { throw UsageError("\(path) holds NUL bytes, which no agent takes") }
        return text
    }

    private func names(in path: String) throws(UsageError) -> [String] {
        do throws(FileFailure) {
            return try FileTree.names(in: path)
        } catch {
            throw UsageError(error.description)
        }
    }

    private func failure(_ path: String, _ code: Int32) -> UsageError {
        UsageError("\(path): \(String(cString: strerror(code)))")
    }

    private func tooLarge(_ path: String, _ size: Int) -> UsageError {
        UsageError("\(path) is too large: an agent takes at most \(ReplaceRequest.largestSize) bytes")
    }
}
