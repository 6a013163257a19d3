import CommandCatalog
import Files
import Glibc

/// What a check looks at: the one new file where it stands, or a directory in which all files of the configuration stand
/// under their names as they would be; the latter also where nothing may be written elsewhere.
struct CheckView {
    /// The first file.
    let file: String
    /// The directory of all.
    let directory: String
    private let root: String?

    /// Lays it out.
    ///
    /// - Parameters:
    ///   - set: The files.
    ///   - definition: Which of them is the first, and whether there may be several.
    ///   - isDryRun: Whether nothing was written beside the files themselves.
    ///   - record: A path beside which a directory can be made.
    /// - Throws: There is no room for it.
    init(
        _ set: FileSet, _ definition: ConfigurationDefinition, isDryRun: Bool, beside record: String
    ) throws(FileFailure) {
        let first = definition.places[0]
        if definition.places.count == 1, !isDryRun {
            let entry = set.entries.first { $0.file.name == first.name }
            file = entry.map { $0.isChanged && $0.new != nil ? $0.file.candidate : $0.file.path } ?? first.path
            directory = FileTree.parent(of: file)
            root = nil
            return
        }
        let root = "\(record).check"
        try FileTree.remove(root)
        var files = set.present
        for entry in set.entries { files[entry.file.name] = entry.new }
        for place in definition.places where place.isDirectory {
            try FileTree.make("\(root)/\(place.name)", isDurable: false)
        }
        for (name, snapshot) in files {
            try FileTree.make(FileTree.parent(of: "\(root)/\(name)"), isDurable: false)
            try WholeFile.create("\(root)/\(name)", snapshot.bytes, isDurable: false)
        }
        (file, directory, self.root) = ("\(root)/\(first.name)", root, root)
    }

    /// Removes what was laid out.
    func remove() {
        if let root { try? FileTree.remove(root) }
    }
}
