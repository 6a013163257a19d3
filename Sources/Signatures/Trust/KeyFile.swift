internal import CommandCatalog
internal import ConfigurationReader
internal import JSON

/// One file of a key directory: `<name>.pub`, an object with the key and what its holder may do.
enum KeyFile {
    /// How many roles a key may have.
    private static let mostRoles = 32

    /// Reads a file.
    ///
    /// - Throws: Why it cannot be trusted, or all that is wrong with it.
    static func read(_ path: String, id: KeyID) throws(ConfigurationError) -> TrustedKey {
        let report = ConfigurationReport()
        let key = read(path, id, report)
        try report.finish()
        guard let key else {
            throw ConfigurationError([ConfigurationProblem(file: path, message: "holds no key")])
        }
        return key
    }

    private static func read(_ path: String, _ id: KeyID, _ report: ConfigurationReport) -> TrustedKey? {
        do throws(ConfigurationProblem) {
            let file = try TrustedFile(path)
            guard let document = ConfigurationDocument(file: path, text: file.bytes, report: report) else { return nil }
            let key = key(document.root, id)
            document.reportUnknownKeys()
            return key
        } catch {
            report.addMistake(error)
            return nil
        }
    }

    private static func key(_ section: ConfigurationSection, _ id: KeyID) -> TrustedKey? {
        let key = section.required("key", .verificationKey)
        _ = section.value("alg", .choice([(TaskAuthentication.ed25519, ())]))
        let roles = section.list("roles", of: .role) ?? []
        if roles.count > mostRoles { section.mistake("expected at most \(mostRoles) roles", at: "roles") }
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
