/// An option that says what is wanted of this one task; it stands on the command line only, because in a file it would
/// make something else of every call.
package enum VerbOption: String, CaseIterable, Sendable {
    case check, cancel, fetch, stream, offset, length
    case service, diff
    case dryRun = "dry-run"

    /// Whether it has no value.
    var isFlag: Bool { [.check, .dryRun, .diff].contains(self) }
}
