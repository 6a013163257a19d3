import ArgumentParser
import CommandCatalog
import ConfigurationReader
import Glibc
import JSON
import Signatures

/// `recoverctl key generate`: a new key that signs tasks.
struct KeyGenerate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Makes a new key: NAME.pem, which stays with its holder, and NAME.pub, which goes to the hosts.")

    @Argument(help: "What the key shall be called, such as ops-2026a.")
    var name: String
    @Option(help: "The directory in which the files are made.")
    var out = "."
    @Option(help: "A role by which a policy may speak of its holder; several times for several.")
    var role: [String] = []
    @Option(help: "When it ends: a time such as 2027-01-01T00:00:00Z, or a duration such as 365d; default never.")
    var notAfter: String?
    @OptionGroup var format: FormatFlags

    func run() throws {
        let id = try KeyArgument.name(name, of: "the key")
        let roles = try role.map { text throws(Failure) in try KeyArgument.name(text, of: "--role").description }
        guard roles.count <= TrustedKey.mostRoles else {
            throw Failure(.usage, "--role: expected at most \(TrustedKey.mostRoles), found \(roles.count)")
        }
        let end = try notAfter.map { text throws(Failure) in
            try Moment.future(text, of: "--not-after", after: .now)
        }
        let secret = SigningKey.random()
        let key = TrustedKey(id: id, key: secret.verificationKey, roles: roles, notAfter: end)
        let start = out == "." ? "\(id)" : "\(out)/\(id)"
        let files = Files(private: "\(start).pem", public: "\(start).pub")
        try files.write(secret, key)
        try report(key, files).finish(format.format)
    }

    private func report(_ key: TrustedKey, _ files: Files) -> Report {
        var members: JSONObject = ["name": .string(key.id.description), "key": .string(key.key.description)]
        members["private_file"] = .string(files.private)
        members["public_file"] = .string(files.public)
        members["roles"] = .array(key.roles.map(JSONValue.string))
        members["not_after"] = key.notAfter.map { .string($0.description) }
        return Report(
            command: "key generate",
            table: Table(rows: [
                [files.private, "stays with its holder, who signs with it: send-command --key \(files.private)"],
                [files.public, "goes to each host, and is trusted there: recoverctl key trust \(key.id).pub"],
            ]),
            summary: "1 key: \(key.id), \(key.notAfter.map { "until \($0)" } ?? "without an end"), "
                + (key.roles.isEmpty ? "without a role" : key.roles.map { "role:\($0)" }.joined(separator: ", ")),
            members: members, lines: [members]
        )
    }

    /// The two halves of a key.
    private struct Files {
        let `private`: String
        let `public`: String

        /// Writes both, or none.
        ///
        /// - Throws: One of them is there already, cannot be written, or would not be usable where it stands.
        func write(_ secret: SigningKey, _ key: TrustedKey) throws(Failure) {
            guard access(self.public, F_OK) != 0 else {
                throw Failure(.refused, "\(self.public): is there already; it is not overwritten")
            }
            let isThere = access(self.private, F_OK) == 0
            do throws(ConfigurationProblem) {
                try secret.write(to: self.private)
            } catch {
                throw isThere ? Failure(.refused, error.description) : Failure(error)
            }
            do throws(ConfigurationProblem) {
                // Others could put another key in its place.
                _ = try SigningKey(file: self.private)
                try key.write(to: self.public)
            } catch {
                unlink(self.private)
                throw Failure(error)
            }
        }
    }
}
