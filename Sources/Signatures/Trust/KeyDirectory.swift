internal import CommandCatalog
public import ConfigurationReader
internal import Files

/// The directory in which an operator keeps the public keys that this host trusts, one file `<name>.pub` for each.
///
/// It is read as a whole. A file that cannot be trusted or read is refused at the first reading, and the others count; at
/// a later reading all stays as it was until every file is right again, but for keys that were revoked or taken away:
/// no mistake beside them keeps those alive.
public struct KeyDirectory: Sendable {
    /// The directory.
    public let path: String
    /// Whom the host trusts.
    public private(set) var ring = KeyRing.empty
    /// What is wrong with the files; none: all of them count.
    public private(set) var mistakes: [ConfigurationProblem] = []
    /// Whether it was read yet.
    private var isRead = false

    /// How many keys a host may trust.
    public static let mostKeys = 1000

    /// A directory that is not read yet.
    public init(_ path: String) {
        self.path = path
    }

    /// The paths of the key files that are there now, in their order; those beyond the bound are not among them.
    public var files: [String] {
        (try? Self.names(in: path).prefix(Self.mostKeys).map { "\(path)/\($0)" }) ?? []
    }

    /// Reads all files.
    ///
    /// - Returns: Whether the keys are other ones than before.
    @discardableResult
    public mutating func read() -> Bool {
        let before = ring
        var reading = Reading(path)
        reading.readFiles()
        mistakes = reading.mistakes
        // Who once demanded signatures does so until the agent starts anew: no removed file opens the host to everybody.
        let demands = before.demandsSignatures || reading.foundAny
        if !isRead || mistakes.isEmpty {
            ring = KeyRing(reading.keys, demandsSignatures: demands)
        } else {
            ring = KeyRing(before.keys.values.compactMap(reading.whatRemains(of:)), demandsSignatures: demands)
        }
        isRead = true
        return ring != before
    }

    /// One look at the files.
    private struct Reading {
        let path: String
        var keys: [TrustedKey] = []
        var mistakes: [ConfigurationProblem] = []
        var foundAny = false
        private var found: Set<KeyID> = []
        private var isComplete = false

        init(_ path: String) {
            self.path = path
        }

        mutating func readFiles() {
            guard let names = names() else { return }
            foundAny = foundAny || !names.isEmpty
            guard names.count <= KeyDirectory.mostKeys else {
                return note("holds \(names.count) keys; at most \(KeyDirectory.mostKeys) are read")
            }
            for name in names { readFile(name) }
            isComplete = true
        }

        /// What is left of a key of the old set: all of it, unless it was taken away or revoked.
        func whatRemains(of key: TrustedKey) -> TrustedKey? {
            guard isComplete else { return key }
            guard found.contains(key.id) else { return nil }
            return keys.first { $0.id == key.id && $0.isRevoked } ?? key
        }

        private mutating func readFile(_ name: String) {
            let file = "\(path)/\(name)"
            guard let id = KeyID(String(name.dropLast(".pub".count))) else {
                return note("expected a name of letters, digits, \".\", \"_\" and \"-\", at most 64", file)
            }
            found.insert(id)
            do throws(ConfigurationError) {
                let key = try KeyFile.read(file, id: id)
                // Who revokes one of the two believes that the key is revoked.
                if let twin = keys.first(where: { $0.key == key.key }) {
                    return note("is the key \(twin.id) again; a key has one name", file)
                }
                keys.append(key)
            } catch {
                mistakes += error.mistakes
            }
        }

        /// The names of the files in their order; `nil` where the directory cannot be read.
        private mutating func names() -> [String]? {
            do throws(FileFailure) {
                return try KeyDirectory.names(in: path)
            } catch {
                note(error.message)
                // It was named, so there were to be keys.
                foundAny = true
                // Whoever takes the whole directory away takes all keys away.
                return FileTree.isThere(path) ? nil : []
            }
        }

        private mutating func note(_ message: String, _ file: String? = nil) {
            mistakes.append(ConfigurationProblem(file: file ?? path, message: message))
        }
    }

    /// The names of the files of keys in a directory, in their order.
    private static func names(in path: String) throws(FileFailure) -> [String] {
        try FileTree.names(in: path).filter { $0.hasSuffix(".pub") && !$0.hasPrefix(".") }.sorted()
    }
}
