/// An option that says what is wanted of this one task; it stands on the command line only, because in a file it would
/// make something else of every call.
enum VerbOption: String, CaseIterable {
    case check, cancel, fetch, stream, offset, length
}
