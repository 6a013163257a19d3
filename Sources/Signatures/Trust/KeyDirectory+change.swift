public import CommandCatalog
public import ConfigurationReader
internal import Files
internal import JSON

extension KeyDirectory {
    /// Where the keys are that a host trusts, if nobody says otherwise.
    public static let usualPath = "/etc/recoverd/keys.d"

    /// Why a directory stays as it is.
    public enum ChangeError: Error, Sendable, Equatable {
        /// What is wrong with the files, or why they cannot be written.
        case unusable(ConfigurationError)
        /// What is asked for would be no good; the reason, in a sentence.
        case refused(String)
        /// There is no key of this name.
        case unknown
    }

    /// What became of a key that is to be trusted.
    public enum Trust: Sendable, Equatable {
        /// It is trusted from now on.
        case added
        /// It was trusted before; its roles or its times are others now.
        case replaced
        /// Nothing is new.
        case unchanged
    }

    /// Puts a key's file into a directory, which is made where it is not there.
    ///
    /// - Parameters:
    ///   - file: The file as its holder made it.
    ///   - id: What the key shall be called.
    ///   - path: The directory.
    /// - Returns: The key, and what is new.
    /// - Throws: What is wrong with the file or the directory; or that another key has the name, the key another name, or
    ///   that it was revoked.
    @discardableResult
    public static func trust(
        _ file: String, as id: KeyID, in path: String
    ) throws(ChangeError) -> (key: TrustedKey, outcome: Trust) {
        let bytes = try mistakes { () throws(ConfigurationError) in try KeyFile.bytes(of: file) }
        return try trust(bytes, from: file, as: id, in: path)
    }

    /// Puts a key's file, of which only the text is known, into a directory; whoever gives it vouches for it.
    ///
    /// - Parameters:
    ///   - bytes: The text.
    ///   - file: What mistakes name as its place.
    ///   - id: What the key shall be called.
    ///   - path: The directory.
    /// - Returns: The key, and what is new.
    /// - Throws: As for a file.
    @discardableResult
    public static func trust(
        _ bytes: [UInt8], from file: String, as id: KeyID, in path: String
    ) throws(ChangeError) -> (key: TrustedKey, outcome: Trust) {
        let key = try mistakes { () throws(ConfigurationError) in try KeyFile.key(in: bytes, file, id) }
        return try changing(path, makes: true) { (ring) throws(ChangeError) in
            let known = ring.keys[id]
            try check(key, beside: ring, in: path)
            guard known != key else { return (key, .unchanged) }
            try write(String(decoding: bytes, as: UTF8.self), id, path)
            return (key, known == nil ? .added : .replaced)
        }
    }

    /// Notes in a key's file that nobody may use the key any more; all else in the file stays.
    ///
    /// - Returns: What is wrong with the file, if anything: an agent that reads it does not know of the revocation then.
    /// - Throws: There is no such file, or it cannot be read or written.
    public static func revoke(_ id: KeyID, in path: String) throws(ChangeError) -> ConfigurationError? {
        try changing(path, makes: false) { (_) throws(ChangeError) in
            guard isThere(id, path) else { throw .unknown }
            let name = file(id, path)
            let bytes = try mistakes { () throws(ConfigurationError) in try KeyFile.bytes(of: name) }
            guard var members = (try? JSONText(bytes))?.value.object else {
                throw .refused("\(name) holds no JSON object to note it in; to end the trust, remove the file")
            }
            if members["revoked"] != true {
                members["revoked"] = true
                try write(KeyFile.text(members), id, path)
            }
            do throws(ConfigurationError) {
                _ = try KeyFile.read(name, id: id)
                return nil
            } catch {
                return error
            }
        }
    }

    private static func check(_ key: TrustedKey, beside ring: KeyRing, in path: String) throws(ChangeError) {
        if let twin = ring.keys.values.first(where: { $0.key == key.key && $0.id != key.id }) {
            throw .refused("it is trusted as \(twin.id) already; a key has one name")
        }
        guard let known = ring.keys[key.id] else {
            // A file that cannot be read may hold anything.
            if isThere(key.id, path) { throw .refused("there is a file \(file(key.id, path)), which cannot be used") }
            guard ring.keys.count < mostKeys else { throw .refused("there are \(mostKeys) keys, which is the most") }
            return
        }
        guard known.key == key.key else {
            throw .refused("another key has this name; give the new one a name of its own")
        }
        guard !known.isRevoked || key.isRevoked else { throw .refused("it was revoked; make a new key") }
    }

    /// Changes a directory while nobody else does.
    private static func changing<Result>(
        _ path: String, makes: Bool, _ body: (KeyRing) throws(ChangeError) -> Result
    ) throws(ChangeError) -> Result {
        let lock = try mistakes { () throws(ConfigurationError) in
            try ConfigurationError.passing { () throws(FileFailure) in
                if makes { try FileTree.make(path, mode: 0o755) }
                return try FileLock(directory: path, patience: .seconds(5))
            }
        }
        var directory = KeyDirectory(path)
        directory.read()
        let ring = directory.ring
        return try withExtendedLifetime(lock) { () throws(ChangeError) in try body(ring) }
    }

    private static func write(_ text: String, _ id: KeyID, _ path: String) throws(ChangeError) {
        try mistakes { () throws(ConfigurationError) in
            try ConfigurationError.passing { () throws(FileFailure) in
                try WholeFile.replace(file(id, path), Array(text.utf8), .readable, isShared: true)
            }
        }
    }

    private static func file(_ id: KeyID, _ path: String) -> String { "\(path)/\(id).pub" }

    private static func isThere(_ id: KeyID, _ path: String) -> Bool { FileTree.isThere(file(id, path)) }

    private static func mistakes<Result>(
        _ body: () throws(ConfigurationError) -> Result
    ) throws(ChangeError) -> Result {
        do throws(ConfigurationError) {
            return try body()
        } catch {
            throw .unusable(error)
        }
    }
}

extension TrustedKey {
    /// Writes the key to a new file, as hosts read it; everybody may read it.
    ///
    /// - Throws: There is such a file already, or it cannot be written.
    public func write(to path: String) throws(ConfigurationProblem) {
        var members: JSONObject = ["key": .string(key.description)]
        if !roles.isEmpty { members["roles"] = .array(roles.map(JSONValue.string)) }
        members["not_before"] = notBefore.map { .string($0.description) }
        members["not_after"] = notAfter.map { .string($0.description) }
        if isRevoked { members["revoked"] = true }
        try ConfigurationProblem.passing { () throws(FileFailure) in
            try WholeFile.create(path, Array(KeyFile.text(members).utf8), .readable)
        }
    }
}
