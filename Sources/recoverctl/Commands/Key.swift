import ArgumentParser
import Signatures

/// `recoverctl key`: keys that sign tasks, and whom this host trusts.
struct Key: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes keys that sign tasks, and keeps the directory of those that this host trusts.",
        subcommands: [KeyGenerate.self, KeyList.self, KeyTrust.self, KeyRevoke.self])

    func run() throws { throw ValidationError("expected a subcommand: generate, list, trust or revoke") }
}

/// Which directory of keys is meant.
struct KeyFlags: ParsableArguments {
    @Option(help: "The directory of the keys that this host trusts.")
    var keys = KeyDirectory.usualPath
}
