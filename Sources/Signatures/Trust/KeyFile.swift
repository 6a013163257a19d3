internal import CommandCatalog
internal import ConfigurationReader
internal import JSON

/// One file of a key directory: `<name>.pub`, an object with the key and what its holder may do.
enum KeyFile {
    /// Reads a file.
    ///
    /// - Throws: Why it cannot be trusted, or all that is wrong with it.
    static func read(_ path: String, id: KeyID) throws(ConfigurationError) -> TrustedKey {
        try key(in: bytes(of: path), path, id)
    }

    /// What a file says.
    ///
    /// - Throws: Why it cannot be trusted.
    static func bytes(of path: String) throws(ConfigurationError) -> [UInt8] {
        do throws(ConfigurationProblem) {
            return try TrustedFile(path).bytes
        } catch {
            throw ConfigurationError([error])
        }
    }

    /// Reads the text of a file.
    ///
    /// - Throws: All that is wrong with it.
    static func key(in bytes: [UInt8], _ path: String, _ id: KeyID) throws(ConfigurationError) -> TrustedKey {
        let report = ConfigurationReport()
        let document = ConfigurationDocument(file: path, text: bytes, report: report)
        let found = document.flatMap { key($0.root, id) }
        document?.reportUnknownKeys()
        try report.finish()
        guard let found else {
            throw ConfigurationError([ConfigurationProblem(file: path, message: "holds no key")])
        }
        return found
    }

    /// The text of a file with these members, each on a line of its own.
    static func text(_ members: JSONObject) -> String {
        let lines = members.members.map { "  \(JSONValue.string($0.name).text): \($0.value.text)" }
        return "{\n\(lines.joined(separator: ",\n"))\n}\n"
    }

    private static func key(_ section: ConfigurationSection, _ id: KeyID) -> TrustedKey? {
        let key = section.required("key", .verificationKey)
        _ = section.value("alg", .choice([(TaskAuthentication.ed25519, ())]))
        let roles = section.list("roles", of: .role) ?? []
        if roles.count > TrustedKey.mostRoles {
            section.mistake("expected at most \(TrustedKey.mostRoles) roles", at: "roles")
        }
        let notBefore = section.value("not_before", .time)
        let notAfter = section.value("not_after", .time)
        if let notBefore, let notAfter, notAfter <= notBefore {
            section.mistake("expected a time after not_before, which is \(notBefore)", at: "not_after")
        }
        let isRevoked = section.value("revoked", .bool, default: false)
        return key.map {
            TrustedKey(
                id: id, key: $0, roles: roles, notBefore: notBefore, notAfter: notAfter, isRevoked: isRevoked)
        }
    }
}

extension ConfigurationValue where Value == VerificationKey {
    /// A public key in base64.
    static var verificationKey: Self {
        let expected = "a public key of Ed25519 in base64, one line such as \"MCowBQYDK2VwAyEA…\""
        return Self(expected) { (json) throws(ConfigurationValueError) in
            guard let text = json.string else { throw .unexpected }
            guard !text.utf8.starts(with: "-----".utf8) else {
                throw .because("expected \(expected), found PEM; leave its first and last line out")
            }
            guard let key = VerificationKey(text) else { throw .found(text, expected: expected) }
            return key
        }
    }
}

extension ConfigurationValue where Value == String {
    /// The name of a role.
    fileprivate static var role: Self {
        parsed("a role: letters, digits, \".\", \"_\" and \"-\", at most 64") { KeyID($0) == nil ? nil : $0 }
    }
}

extension ConfigurationValue where Value == Timestamp {
    /// An instant.
    fileprivate static var time: Self {
        parsed("a time such as \"2026-11-21T08:00:00Z\"") { Timestamp(rfc3339: $0) }
    }
}
