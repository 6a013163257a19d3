import Glibc
import TestSupport

/// The tree that these tests hold against its own rules.
enum Repository {
    /// The folder of the checkout.
    static let root = String(#filePath.dropLast("/Tests/RepositoryTests/Repository.swift".count))

    /// The text of a file of the checkout.
    static func text(_ path: String) throws -> String {
        guard let file = fopen("\(root)/\(path)", "r") else { throw SystemFailure("open \(path)", errno) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer.prefix(count) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Every file below a folder with this ending, relative to the root, in order.
    static func files(below folder: String, ending: String) throws -> [String] {
        let output = try ChildProgram.run("/usr/bin/find", "\(root)/\(folder)", "-type", "f", "-name", "*\(ending)")
        return output.split(separator: "\n").map { String($0.dropFirst(root.utf8.count + 1)) }.sorted()
    }

    /// The folders of the plugins.
    static func plugins() throws -> [String] {
        try ChildProgram.run("/bin/ls", "\(root)/Sources/Plugins").split(separator: "\n").map(String.init)
    }
}

/// A fenced block of a Markdown page.
struct Snippet {
    /// The words behind the fence, such as `json task`.
    let kind: String
    let text: String

    /// The blocks of a page.
    static func all(in page: String) -> [Snippet] {
        var snippets: [Snippet] = []
        var kind: String?
        var lines: [Substring] = []
        for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("```") else {
                lines.append(line)
                continue
            }
            if let open = kind {
                snippets.append(Snippet(kind: open, text: lines.joined(separator: "\n")))
                kind = nil
            } else {
                kind = String(line.dropFirst(3))
            }
            lines = []
        }
        return snippets
    }
}
