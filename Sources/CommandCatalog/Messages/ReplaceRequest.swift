public import JSON
internal import Digest

/// Another configuration for a service: what `config` and `replace` ask for.
public struct ReplaceRequest: Sendable, Equatable {
    /// What the configuration becomes.
    public enum Change: Sendable, Equatable {
        /// The service's one file, or the first of several, gets this text.
        case text(String)
        /// The named files get these texts; one without a text is removed. All others stay as they are.
        case files([FileChange])
        /// What was in force becomes so again: the version with this number; `nil`: the one before the present.
        case rollback(version: Int64?)
        /// What a replacement that was cut off began is undone; where nothing was begun, nothing happens.
        case finish
    }

    /// What becomes of one file.
    public struct FileChange: Sendable, Equatable {
        /// The name that the catalog gives the file, or that of its directory with a name behind it.
        public let name: String
        /// Its whole text; `nil`: it is removed.
        public let text: String?

        /// A change.
        public init(name: String, text: String?) { (self.name, self.text) = (name, text) }
    }

    /// Whose configuration.
    public let service: Name
    /// What it becomes.
    public let change: Change
    /// Whether it is only checked, and nothing touched.
    public let isDryRun: Bool
    /// Whether the answer tells the difference to what is in force.
    public let wantsDifference: Bool

    /// The service of a message with `config`, which names none.
    public static let usualService = "collectd"
    /// The largest configuration, all its files together, in bytes.
    public static let largestSize = 1024 * 1024
    /// How many files may change at once.
    public static let mostFiles = 256

    /// A request.
    public init(service: Name, change: Change, isDryRun: Bool = false, wantsDifference: Bool = false) {
        (self.service, self.change) = (service, change)
        (self.isDryRun, self.wantsDifference) = (isDryRun, wantsDifference)
    }

    /// The SHA-256 of what is brought, as 64 hexadecimal digits; `nil` where nothing is.
    ///
    /// Of a text the digest of its bytes, as `sha256sum` has it of the file.
    public var contentDigest: String? {
        switch change {
        case .text(let text): SHA256(of: Array(text.utf8)).description
        case .files(let files): SHA256(of: Self.tuple(of: files).bytes).description
        case .rollback, .finish: nil
        }
    }

    private static func tuple(of files: [FileChange]) -> TupleBytes {
        var tuple = TupleBytes()
        for file in files.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
            tuple.append(file.name)
            tuple.append(file.text)
        }
        return tuple
    }

    /// Adds everything that changes what is done or answered.
    func append(to tuple: inout TupleBytes) {
        tuple.append(service.text)
        switch change {
        case .text: tuple.append("text")
        case .files: tuple.append("files")
        case .rollback(let version):
            tuple.append("rollback")
            tuple.append(version.map(JSONValue.integer))
        case .finish: tuple.append("finish")
        }
        tuple.append(contentDigest)
        tuple.append(isDryRun)
        tuple.append(wantsDifference)
    }

    /// The wire form: the member `replace` of a task.
    public var json: JSONValue {
        var object: JSONObject = ["service": .string(service.text)]
        switch change {
        case .text(let text): object["text"] = .string(text)
        case .files(let files):
            object["files"] = .object(
                JSONObject(files.map { ($0.name, $0.text.map(JSONValue.string) ?? .null) }))
        case .rollback(let version): object["rollback"] = version.map(JSONValue.integer) ?? "previous"
        case .finish: object["finish"] = true
        }
        if isDryRun { object["dry_run"] = true }
        if wantsDifference { object["diff"] = true }
        return .object(object)
    }
}

extension ReplaceRequest {
    /// Whether a text can name a file of a set: words of letters, digits, `.`, `_`, `+`, `@` and `-` that begin with a letter
    /// or digit, joined by `/`; 1 to 255 bytes.
    public static func isFileName(_ text: String) -> Bool {
        guard (1...255).contains(text.utf8.count) else { return false }
        return text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { word in
            guard let first = word.utf8.first, isLetterOrDigit(first) else { return false }
            return word.utf8.allSatisfy { isLetterOrDigit($0) || "._+@-".utf8.contains($0) }
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
