import ArgumentParser
import Audit

/// `recoverctl audit`: whether the audit of this host is as it was written.
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Looks at the audit of this host, without an agent.",
        subcommands: [Verify.self])

    func run() throws { throw ValidationError("expected a subcommand: verify") }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Finds every change, gap and missing end of the audit; changes nothing.",
            discussion: "Exit status: 0 intact, 2 not, 78 there is none.")

        @OptionGroup var audit: AuditFlags
        @Option(help: "The head record, which says how far the audit goes.")
        var head = "/var/lib/recoverd/audit.head"
        @OptionGroup var format: FormatFlags

        func run() throws {
            try AuditSheet.verifying(audit.files, headPath: head).report.finish(format.format)
        }
    }
}

/// Which audit is meant.
struct AuditFlags: ParsableArguments {
    @Option(help: "The file of the audit; older ones stand beside it.")
    var file = "/var/log/recoverd/audit.log"

    /// All its files.
    var files: AuditFiles { AuditFiles(file) }
}
