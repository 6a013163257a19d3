import ConfigurationReader
import Files
import Glibc

/// One file of a configuration, with the names that it has beside it while it is replaced.
struct ConfigurationFile: Sendable, Equatable {
    /// What messages call it.
    let name: String
    /// Where it is.
    let path: String
    /// Whether the names beside it are those of the predecessor.
    let isNamedAsThePredecessor: Bool

    /// The new file before it takes its place.
    var candidate: String {
        isNamedAsThePredecessor ? "\(path).lock" : beside("new")
    }

    /// The old file, from before the new one takes its place: another name of the same file, so that it can be had back
    /// without room on the disk.
    var old: String {
        isNamedAsThePredecessor ? "\(path).orig" : beside("old")
    }

    /// A dot before it: what reads all files of a directory leaves it out.
    private func beside(_ word: String) -> String {
        "\(directory)/.\(FileTree.lastName(of: path)).recoverd-\(word)"
    }

    /// Looks whether nobody else could exchange it under our hands.
    func checkPlace() throws(FileFailure) {
        do throws(ConfigurationProblem) {
            // A directory that is not there yet is made in the one above it.
            try TrustedFile.checkDirectory(of: isDirectoryThere ? path : directory)
        } catch {
            throw FileFailure(nil, error.description)
        }
        _ = try FileSnapshot(of: path)
    }

    private var directory: String { FileTree.parent(of: path) }

    private var isDirectoryThere: Bool { access(directory, F_OK) == 0 }

    /// Writes the new file beside the old one.
    func stage(_ content: FileSnapshot) throws(FileFailure) {
        if !isDirectoryThere { try FileTree.make(directory, mode: 0o755) }
        try WholeFile.remove(candidate)
        try WholeFile.create(candidate, content.bytes, content.rights)
    }

    /// Gives the old file a second name; where the file system knows no second names, a copy is made.
    func keepOld() throws(FileFailure) {
        let draft = "\(old).new"
        try WholeFile.remove(draft)
        guard let snapshot = try FileSnapshot(of: path) else { return try WholeFile.remove(old) }
        if link(path, draft) != 0 { try WholeFile.create(draft, snapshot.bytes, snapshot.rights) }
        try WholeFile.rename(draft, to: old)
    }

    /// Puts the new file, or none, in the place of the old one.
    func swap(isRemoved: Bool) throws(FileFailure) {
        if isRemoved { try WholeFile.remove(path) } else { try WholeFile.rename(candidate, to: path) }
        try FileTree.synchronize(above: path)
    }

    /// Puts the old file, or none, back; what is back already is left as it is.
    ///
    /// - Parameter digest: That of the old file; `nil`: there was none.
    /// - Throws: It is not there any more.
    func restore(_ digest: String?) throws(FileFailure) {
        guard let digest else {
            try WholeFile.remove(path)
            return try FileTree.synchronize(above: path)
        }
        if try FileSnapshot(of: path)?.digest == digest {
            // It was not exchanged, or is back already: then the second name goes, and of two names of one file a renaming
            // would leave both.
            try WholeFile.remove(old)
        } else if access(old, F_OK) == 0 {
            try WholeFile.rename(old, to: path)
        }
        guard try FileSnapshot(of: path)?.digest == digest else {
            throw FileFailure(path, "is not what it was before, and \(old) is gone")
        }
        try FileTree.synchronize(above: path)
    }

    /// Removes what a replacement that did not begin has written.
    func discard() throws(FileFailure) {
        try WholeFile.remove(candidate)
        try WholeFile.remove("\(old).new")
    }

    /// Removes the second name of the old file when it is kept elsewhere; the predecessor leaves it there.
    func forgetOld() throws(FileFailure) {
        if !isNamedAsThePredecessor { try WholeFile.remove(old) }
    }
}
