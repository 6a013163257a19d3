public import CommandCatalog
import Digest
import Files
import Glibc
import JSON

/// The versions of a service's configuration that are kept, each a directory of its own.
public struct VersionStore: Sendable {
    private let directory: String

    /// How much all versions of a service may take, 64 MiB; the oldest give way.
    static let largestSize: Int64 = 64 << 20
    private static let description = "version.json"

    /// The versions of a service below a state directory.
    public init(of service: Name, in state: String) {
        directory = ServiceDirectory.path(of: service, in: state) + "/versions"
    }

    /// All of them, the oldest first; what cannot be read is left out.
    public var all: [ConfigurationVersion] { numbers.compactMap(version) }

    /// The one with a number.
    public func version(_ number: Int64) -> ConfigurationVersion? {
        let path = "\(directory)/\(number)/\(Self.description)"
        guard let bytes = (try? FileSnapshot(of: path))?.bytes, let json = (try? JSONText(bytes))?.value,
            let version = ConfigurationVersion(json: json), version.number == number
        else { return nil }
        return version
    }

    /// The files of a version by their names.
    ///
    /// - Throws: One of them is gone, or is not what it was.
    func files(of version: ConfigurationVersion) throws(FileFailure) -> [String: FileSnapshot] {
        var files: [String: FileSnapshot] = [:]
        for (index, file) in version.files.enumerated() {
            let path = "\(directory)/\(version.number)/\(index)"
            guard let snapshot = try FileSnapshot(of: path), snapshot.digest == file.sha256 else {
                throw FileFailure(nil, "version \(version.number) is damaged: \(file.name)")
            }
            files[file.name] = FileSnapshot(bytes: snapshot.bytes, rights: file.rights)
        }
        return files
    }

    /// Keeps a version, and lets the oldest go that are too many.
    ///
    /// - Parameters:
    ///   - files: The files by their names.
    ///   - paths: Where they are, by their names.
    ///   - most: How many are kept.
    ///   - time: When.
    ///   - describe: Fills in what else is known of it.
    /// - Returns: The version.
    /// - Throws: There is no room for it.
    func add(
        _ files: [String: FileSnapshot], at paths: [String: String], keeping most: Int, at time: Timestamp,
        _ describe: (inout ConfigurationVersion) -> Void
    ) throws(FileFailure) -> ConfigurationVersion {
        try FileTree.make(directory)
        let names = files.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        var version = ConfigurationVersion(
            number: (numbers.last ?? 0) + 1, time: time, origin: .found,
            files: names.compactMap { name in
                files[name].map { snapshot in
                    ConfigurationVersion.File(
                        name: name, path: paths[name] ?? "", sha256: snapshot.digest,
                        size: Int64(snapshot.bytes.count), rights: snapshot.rights)
                }
            })
        describe(&version)
        let place = "\(directory)/\(version.number)"
        let draft = "\(place).new"
        try FileTree.remove(draft)
        try FileTree.make(draft)
        for (index, name) in names.enumerated() {
            try WholeFile.create("\(draft)/\(index)", files[name]?.bytes ?? [])
        }
        try WholeFile.create("\(draft)/\(Self.description)", version.json.bytes)
        try WholeFile.rename(draft, to: place)
        prune(keeping: most)
        return version
    }

    private func prune(keeping most: Int) {
        var (kept, size): (Int, Int64) = (0, 0)
        for version in all.reversed() {
            kept += 1
            size += version.files.reduce(0) { $0 + $1.size }
            // Of the present one and the one before at least.
            if kept > 2, kept > most || size > Self.largestSize {
                try? FileTree.remove("\(directory)/\(version.number)")
            }
        }
    }

    private var numbers: [Int64] {
        ((try? FileTree.names(in: directory)) ?? []).compactMap { Int64($0) }.filter { $0 > 0 }.sorted()
    }
}

/// Where everything about one service's configuration is kept.
public enum ServiceDirectory {
    /// The directory below an agent's state directory.
    static func root(in state: String) -> String { "\(state)/config" }

    /// That of a service: called like it where the name is a plain word, and by its digest otherwise.
    static func path(of service: Name, in state: String) -> String {
        let isPlain = ReplaceRequest.isFileName(service.text) && !service.text.utf8.contains(UInt8(ascii: "/"))
        let word = isPlain ? service.text : "@" + SHA256(of: Array(service.text.utf8)).description.prefix(32)
        return "\(root(in: state))/\(word)"
    }

    /// The services whose configuration was replaced here.
    public static func services(in state: String) -> [Name] {
        records(in: state).map(\.record.service).sorted()
    }

    /// The services about which something is open and nobody is at work: a replacement was cut off.
    public static func leftovers(in state: String) -> [Name] {
        records(in: state).filter { $0.phase.isOpen && ReplacementLock.isFree($0.directory) }
            .map(\.record.service).sorted()
    }

    /// How a service was when the replacement began that was cut off.
    public static func definition(ofLeftover service: Name, in state: String) -> ConfigurationDefinition? {
        (try? TransactionRecord.read("\(path(of: service, in: state))/transaction"))?.record.definition
    }

    private static func records(
        in state: String
    ) -> [(record: TransactionRecord, phase: TransactionRecord.Phase, directory: String)] {
        ((try? FileTree.names(in: root(in: state))) ?? []).compactMap { word in
            let directory = "\(root(in: state))/\(word)"
            guard let found = try? TransactionRecord.read("\(directory)/transaction") else { return nil }
            return (found.record, found.phase, directory)
        }
    }
}
