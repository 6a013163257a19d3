import ArgumentParser
import CommandCatalog
import ConfigurationReader
import JSON
import Signatures

/// `recoverctl key revoke`: ends the trust of this host in a key.
struct KeyRevoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Notes in a key's file that nobody may use the key any more; the agent sees it by itself.")

    @Argument(help: "The key.")
    var name: String
    @OptionGroup var directory: KeyFlags
    @OptionGroup var format: FormatFlags

    func run() throws {
        let id = try KeyArgument.name(name, of: "the key")
        if let mistakes = try revoke(id) {
            throw Failure(
                .configuration,
                "\(mistakes)\nrevoked, but no agent can read the file; remove it, and the trust ends at once")
        }
        var keys = KeyDirectory(directory.keys)
        keys.read()
        for mistake in keys.mistakes { Output.complain("warning: \(mistake)") }
        let usable = keys.ring.keys.values.filter { KeyState($0, at: .now).isUsable }.count
        try Report(
            command: "key revoke", table: Table(), summary: "1 key: \(id) revoked; \(usable) usable left",
            members: ["name": .string(id.description), "usable": .integer(Int64(usable))],
            lines: [["name": .string(id.description), "usable": .integer(Int64(usable))]]
        ).finish(format.format)
    }

    private func revoke(_ id: KeyID) throws(Failure) -> ConfigurationError? {
        do throws(KeyDirectory.ChangeError) {
            return try KeyDirectory.revoke(id, in: directory.keys)
        } catch {
            throw Failure(error, about: id, in: directory.keys)
        }
    }
}
