import ArgumentParser
import CommandCatalog
import Signatures

/// `recoverctl key list`: whom this host trusts.
struct KeyList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the keys that this host trusts: who may use them, and until when.")

    @OptionGroup var directory: KeyFlags
    @OptionGroup var format: FormatFlags

    func run() throws {
        var keys = KeyDirectory(directory.keys)
        keys.read()
        try KeySheet(keys, at: .now).report.finish(format.format)
    }
}
