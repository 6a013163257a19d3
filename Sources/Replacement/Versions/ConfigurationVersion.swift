public import CommandCatalog
import Digest
import Files
public import JSON

/// A configuration that was in force, as it is kept.
public struct ConfigurationVersion: Sendable, Equatable {
    /// How it came to be in force.
    public enum Origin: Sendable, Equatable {
        /// It was found: somebody else had made it.
        case found
        /// A replacement brought it.
        case replaced
        /// A replacement brought an older version back.
        case rolledBack(to: Int64)
    }

    /// What is known of one of its files.
    public struct File: Sendable, Equatable {
        /// What messages call it.
        public var name: String
        /// Where it was.
        public var path: String
        /// The SHA-256 of its bytes.
        public var sha256: String
        /// How many bytes it has.
        public var size: Int64
        var rights: FileRights
    }

    /// Its number; larger than all before.
    public var number: Int64
    /// When it was kept.
    public var time: Timestamp
    /// How it came to be in force.
    public var origin: Origin
    /// Who brought it, where that is known.
    public var by: String?
    /// Why.
    public var reason: String?
    /// Its files, in the order of their names.
    public var files: [File]

    /// The SHA-256 of the whole: of one file that of its bytes, of several that of the lines that sha256sum(1) would have of
    /// them, in the order of their names.
    public var digest: String {
        if files.count == 1 { return files[0].sha256 }
        let lines = files.map { "\($0.sha256)  \($0.name)\n" }.joined()
        return SHA256(of: Array(lines.utf8)).description
    }
}

extension ConfigurationVersion {
    /// What the history tells of it; never what stands in it.
    public var json: JSONValue {
        var object: JSONObject = [
            "number": .integer(number), "time": .string(time.description), "origin": .string(origin.word),
            "sha256": .string(digest),
        ]
        if case .rolledBack(let version) = origin { object["rolled_back_to"] = .integer(version) }
        object["by"] = by.map(JSONValue.string)
        object["reason"] = reason.map(JSONValue.string)
        object["files"] = .array(files.map(\.json))
        return .object(object)
    }

    /// What a status tells of the one in force.
    public var summary: JSONValue {
        ["version": .integer(number), "sha256": .string(digest), "since": .string(time.description)]
    }

    init?(json: JSONValue) {
        guard let object = json.object, let number = object["number"]?.integer,
            let time = object["time"]?.string.flatMap(Timestamp.init(rfc3339:)),
            let list = object["files"]?.array
        else { return nil }
        let files = list.compactMap { File(json: $0) }
        guard files.count == list.count, let origin = Origin(object) else { return nil }
        self.init(
            number: number, time: time, origin: origin, by: object["by"]?.string, reason: object["reason"]?.string,
            files: files)
    }
}

extension ConfigurationVersion.Origin {
    /// `found`, `replaced` or `rolled-back`.
    public var word: String {
        switch self {
        case .found: "found"
        case .replaced: "replaced"
        case .rolledBack: "rolled-back"
        }
    }

    fileprivate init?(_ object: JSONObject) {
        switch (object["origin"]?.string, object["rolled_back_to"]?.integer) {
        case ("found", _): self = .found
        case ("replaced", _): self = .replaced
        case ("rolled-back", let version?): self = .rolledBack(to: version)
        default: return nil
        }
    }
}

extension ConfigurationVersion.File {
    fileprivate var json: JSONValue {
        [
            "name": .string(name), "path": .string(path), "sha256": .string(sha256), "size": .integer(size),
            "user": .integer(Int64(rights.user)), "group": .integer(Int64(rights.group)),
            "mode": .integer(Int64(rights.mode)),
        ]
    }

    fileprivate init?(json: JSONValue) {
        guard let object = json.object, let name = object["name"]?.string, let path = object["path"]?.string,
            let sha256 = object["sha256"]?.string, let size = object["size"]?.integer,
            let user = object["user"]?.integer.flatMap({ UInt32(exactly: $0) }),
            let group = object["group"]?.integer.flatMap({ UInt32(exactly: $0) }),
            let mode = object["mode"]?.integer.flatMap({ UInt32(exactly: $0) })
        else { return nil }
        self.init(
            name: name, path: path, sha256: sha256, size: size,
            rights: FileRights(user: user, group: group, mode: mode))
    }
}
