import ArgumentParser
import CommandCatalog
import Files
import Glibc
import JSON
import Signatures

/// `recoverctl key trust`: lets this host trust a key.
struct KeyTrust: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust",
        abstract: "Checks the file of a public key, and puts it into the directory of the keys that this host trusts.")

    @Argument(help: "The file, NAME.pub; or - for standard input, with --name.")
    var file: String
    @Option(help: "What the key is called here; default the file's name.")
    var name: String?
    @OptionGroup var directory: KeyFlags
    @OptionGroup var format: FormatFlags

    /// Bytes of a key's file at most: 32 roles of 64 bytes are 2 KiB.
    private static let largestFile = 65_536

    func run() throws {
        let id = try name.map { text throws(Failure) in try KeyArgument.name(text, of: "--name") } ?? usualName()
        let (key, outcome) = try put(id)
        let word =
            switch outcome {
            case .added: "trusted"
            case .replaced: "trusted, in place of what stood there"
            case .unchanged: "trusted already"
            }
        let state = KeyState(key, at: .now)
        var now = KeyDirectory(directory.keys)
        now.read()
        for mistake in now.mistakes { Output.complain("\(mistake)") }
        if !now.mistakes.isEmpty {
            Output.complain("an agent that runs takes no new key before every file is right")
        }
        var members = KeySheet.json(key, state)
        members["changed"] = .bool(outcome != .unchanged)
        try Report(
            command: "key trust",
            table: Table(rows: [
                ["name", id.description], ["state", state.text],
                ["roles", key.roles.isEmpty ? "-" : key.roles.joined(separator: ", ")],
                ["not before", key.notBefore?.description ?? "-"], ["not after", key.notAfter?.description ?? "-"],
                ["key", key.key.description],
            ]),
            summary: "1 key: \(word)", members: members, lines: [members],
            status: now.mistakes.isEmpty ? .allWell : .configuration
        ).finish(format.format)
    }

    private func usualName() throws(Failure) -> KeyID {
        let last = FileTree.lastName(of: file)
        guard last.utf8.suffix(4).elementsEqual(".pub".utf8) else {
            throw Failure(.usage, "expected a file NAME.pub, found \(file.debugDescription); or give it a --name")
        }
        return try KeyArgument.name(String(last.dropLast(4)), of: "the file's name")
    }

    /// What comes on standard input, as far as a file of a key can be long, and one byte more.
    private static func standardInput() -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count <= largestFile {
            var piece = [UInt8](repeating: 0, count: largestFile + 1 - bytes.count)
            let count = read(STDIN_FILENO, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += piece[..<count]
        }
        return bytes
    }

    private func put(_ id: KeyID) throws(Failure) -> (key: TrustedKey, outcome: KeyDirectory.Trust) {
        do throws(KeyDirectory.ChangeError) {
            guard file == "-" else { return try KeyDirectory.trust(file, as: id, in: directory.keys) }
            return try KeyDirectory.trust(Self.standardInput(), from: "standard input", as: id, in: directory.keys)
        } catch {
            throw Failure(error, about: id, in: directory.keys)
        }
    }
}
