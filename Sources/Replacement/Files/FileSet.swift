import CommandCatalog
import Files
import Glibc

/// The files of a configuration: what they are, and what they become.
struct FileSet {
    /// One file, before and after.
    struct Entry {
        var file: ConfigurationFile
        var old: FileSnapshot?
        /// `nil`: it is removed.
        var new: FileSnapshot?

        /// Whether it becomes another one.
        var isChanged: Bool { old?.bytes != new?.bytes }
    }

    /// Those that change or might, in the order of their names.
    private(set) var entries: [Entry]
    /// All files of the configuration that are in force, by name.
    let present: [String: FileSnapshot]
    /// Where each of them is.
    let paths: [String: String]

    /// What is in force.
    ///
    /// - Throws: A file cannot be looked at, or its place is open to others.
    static func present(
        _ definition: ConfigurationDefinition
    ) throws(FileFailure) -> (files: [String: FileSnapshot], paths: [String: String]) {
        var (files, paths): ([String: FileSnapshot], [String: String]) = ([:], [:])
        for place in definition.places {
            guard place.isDirectory else {
                paths[place.name] = place.path
                files[place.name] = try FileSnapshot(of: place.path)
                continue
            }
            let found = (try? FileTree.names(in: place.path)) ?? []
            let names = found.filter(ReplaceRequest.isFileName).sorted()
            guard names.count <= ReplaceRequest.mostFiles else {
                throw FileFailure(
                    place.path, "holds \(names.count) files; at most \(ReplaceRequest.mostFiles) are taken")
            }
            for name in names {
                var status = stat()
                let path = place.path + name
                guard lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else { continue }
                paths[place.name + name] = path
                files[place.name + name] = try FileSnapshot(of: path)
            }
        }
        return (files, paths)
    }

    /// What the files become.
    ///
    /// - Throws: A name is not of this configuration, its place is open to others, or the version is not there.
    init(_ order: ReplacementOrder, versions: VersionStore) throws(FileFailure) {
        let definition = order.definition
        (present, paths) = try Self.present(definition)
        var wanted: [(name: String, new: FileSnapshot?)] = []
        switch order.request.change {
        case .text(let text):
            let name = definition.places[0].name
            wanted = [(name, FileSnapshot(bytes: Array(text.utf8), rights: .ours))]
        case .files(let files):
            wanted = files.map { file in
                (file.name, file.text.map { FileSnapshot(bytes: Array($0.utf8), rights: .ours) })
            }
        case .rollback(let number):
            wanted = try Self.files(of: number, present: present, versions)
        case .finish: break
        }
        let rights = try RightsOfFiles(definition)
        entries = []
        for (name, new) in wanted.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
            guard let path = definition.path(of: name) else {
                let known = definition.places.map(\.name).joined(separator: ", ")
                throw FileFailure(nil, "there is no file \(name) in this configuration; it has: \(known)")
            }
            let file = ConfigurationFile(
                name: name, path: path, isNamedAsThePredecessor: definition.hasNamesOfThePredecessor)
            try file.checkPlace()
            entries.append(
                Entry(
                    file: file, old: present[name],
                    new: new.map { FileSnapshot(bytes: $0.bytes, rights: rights.rights(after: present[name])) }))
        }
    }

    /// The files of a version, and without a text those that it does not have.
    private static func files(
        of number: Int64?, present: [String: FileSnapshot], _ versions: VersionStore
    ) throws(FileFailure) -> [(name: String, new: FileSnapshot?)] {
        guard let version = try version(number, present: present, versions) else {
            throw FileFailure(
                nil,
                number.map { "there is no version \($0); recoverctl config history tells which there are" }
                    ?? "there is no version before the one in force")
        }
        let files = try versions.files(of: version)
        let gone = present.keys.filter { files[$0] == nil }
        return files.map { ($0.key, $0.value) } + gone.map { ($0, nil) }
    }

    /// The version with this number; without one the latest that is not what is in force.
    static func version(
        _ number: Int64?, present: [String: FileSnapshot], _ versions: VersionStore
    ) throws(FileFailure) -> ConfigurationVersion? {
        if let number { return versions.version(number) }
        return versions.all.last { version in !version.isThis(present) }
    }
}

extension ConfigurationVersion {
    /// Whether its files are these.
    func isThis(_ files: [String: FileSnapshot]) -> Bool {
        self.files.count == files.count && self.files.allSatisfy { files[$0.name]?.digest == $0.sha256 }
    }
}

/// Whose new files are, and who may do what with them.
private struct RightsOfFiles {
    private let user: UInt32?
    private let group: UInt32?
    private let mode: UInt32?

    init(_ definition: ConfigurationDefinition) throws(FileFailure) {
        user = try definition.owner.map { name throws(FileFailure) in
            guard let id = getpwnam(name).map(\.pointee.pw_uid) ?? UInt32(name) else {
                throw FileFailure(nil, "there is no user \(name)")
            }
            return id
        }
        group = try definition.group.map { name throws(FileFailure) in
            guard let id = getgrnam(name).map(\.pointee.gr_gid) ?? UInt32(name) else {
                throw FileFailure(nil, "there is no group \(name)")
            }
            return id
        }
        mode = definition.mode
    }

    func rights(after old: FileSnapshot?) -> FileRights {
        let usual = old?.rights ?? .ours
        return FileRights(
            user: user ?? usual.user, group: group ?? usual.group, mode: mode ?? usual.mode & 0o7777)
    }
}
