import CommandCatalog
import Files
import Glibc
import JSON

/// What is noted of a replacement, so that whoever comes after a crash knows what was begun.
///
/// The first byte says how far it came. It is the only one that changes, and it is written over what stands there: that
/// needs no room, and at any moment it is the old or the new one.
struct TransactionRecord: Sendable, Equatable {
    /// How far it came.
    enum Phase: Character, Sendable {
        /// New files may stand beside the old ones.
        case staging = "A"
        /// The service may have been stopped.
        case touching = "B"
        /// New files may have taken the places of old ones, and the service may have taken them up.
        case swapping = "C"
        /// The new files stay.
        case committed = "D"
        /// The old files stay.
        case undone = "E"
        /// Nothing was touched, and what was written is removed.
        case discarded = "F"

        /// Whether something is left to be done.
        var isOpen: Bool { self == .staging || self == .touching || self == .swapping }
    }

    /// What is noted of a file.
    struct File: Sendable, Equatable {
        var name: String
        var path: String
        /// The SHA-256 of the old file; `nil`: there was none.
        var old: String?
        /// That of the new one; `nil`: it is removed.
        var new: String?
    }

    /// Which task asked for it.
    var request: String
    /// How often this request was begun.
    var attempt: Int64
    /// Whose configuration it is.
    var service: Name
    var definition: ConfigurationDefinition
    var files: [File]

    /// The version of this form; another one is not touched.
    static let version: Int64 = 1

    private static let phaseSize = 2
    private static let largestSize = 1 << 20

    /// Writes it, in place of one that is over.
    func write(to path: String) throws(FileFailure) {
        try WholeFile.replace(path, [Self.byte(of: .staging), UInt8(ascii: "\n")] + json.bytes)
    }

    /// Notes how far it came.
    static func mark(_ phase: Phase, in path: String) throws(FileFailure) {
        let file = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else { throw FileFailure(path, cannotBe: "opened", errno: errno) }
        defer { close(file) }
        var byte = byte(of: phase)
        guard pwrite(file, &byte, 1, 0) == 1, fdatasync(file) == 0 else {
            throw FileFailure(path, cannotBe: "written", errno: errno)
        }
    }

    /// Reads it; `nil` where there is none.
    ///
    /// - Throws: It cannot be read, or a release that we do not know wrote it.
    static func read(_ path: String) throws(FileFailure) -> (record: TransactionRecord, phase: Phase)? {
        guard let bytes = try FileSnapshot(of: path)?.bytes else { return nil }
        guard bytes.count > phaseSize, bytes.count <= largestSize,
            let phase = Phase(rawValue: Character(Unicode.Scalar(bytes[0]))),
            let object = (try? JSONText(Array(bytes[phaseSize...])))?.value.object
        else { throw FileFailure(path, "is damaged; look at the files that it names, then remove it") }
        guard object["v"]?.integer == version, let record = TransactionRecord(object) else {
            throw FileFailure(
                path, "is of version \(object["v"]?.text ?? "?"), and this release knows \(version) only")
        }
        return (record, phase)
    }

    private static func byte(of phase: Phase) -> UInt8 { phase.rawValue.asciiValue ?? 0 }
}

extension TransactionRecord {
    fileprivate var json: JSONValue {
        [
            "v": .integer(Self.version), "request": .string(request), "attempt": .integer(attempt),
            "service": .string(service.text), "definition": definition.json, "files": .array(files.map(\.json)),
        ]
    }

    fileprivate init?(_ object: JSONObject) {
        guard let request = object["request"]?.string, let attempt = object["attempt"]?.integer,
            let service = object["service"]?.string.flatMap({ Name($0) }),
            let definition = object["definition"].flatMap(ConfigurationDefinition.init(json:)),
            let files = object["files"]?.array?.map(File.init), !files.contains(nil)
        else { return nil }
        self.init(
            request: request, attempt: attempt, service: service, definition: definition,
            files: files.compactMap { $0 })
    }
}

extension TransactionRecord.File {
    fileprivate var json: JSONValue {
        var object: JSONObject = ["name": .string(name), "path": .string(path)]
        object["old"] = old.map(JSONValue.string)
        object["new"] = new.map(JSONValue.string)
        return .object(object)
    }

    fileprivate init?(_ json: JSONValue) {
        guard let name = json.object?["name"]?.string, let path = json.object?["path"]?.string else { return nil }
        self.init(name: name, path: path, old: json.object?["old"]?.string, new: json.object?["new"]?.string)
    }
}
