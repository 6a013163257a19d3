public import JSON

extension ReplaceRequest {
    /// Why an object is no request.
    public struct Flaw: Error, Equatable {
        /// Where, what was wanted, and what was found.
        public let message: String
    }

    /// Reads the member `replace` of a task.
    ///
    /// - Throws: What is wrong with it.
    public init(_ json: JSONValue) throws(Flaw) {
        guard let object = json.object else {
            throw Flaw(message: "replace: expected an object, found \(json.summary)")
        }
        let given = ["text", "files", "rollback", "finish"].filter { object[$0] != nil }
        guard given.count == 1 else {
            let found = given.isEmpty ? "none" : "both \(given[0]) and \(given[1])"
            throw Flaw(message: "replace: expected one of text, files, rollback and finish, found \(found)")
        }
        guard let service = object["service"]?.string.flatMap({ Name($0) }) else {
            throw Flaw(message: "replace: needs \"service\": 1 to 255 bytes without control characters")
        }
        let change: Change =
            switch given[0] {
            case "text": .text(try Self.configuration(object["text"], at: "replace.text"))
            case "files": .files(try Self.files(object["files"]))
            case "rollback": .rollback(version: try Self.version(object["rollback"]))
            default: try Self.finish(object["finish"])
            }
        self.init(
            service: service, change: change, isDryRun: try Self.flag("dry_run", in: object),
            wantsDifference: try Self.flag("diff", in: object))
    }

    /// The text of a whole configuration.
    ///
    /// - Throws: It is none, empty, or too large.
    static func configuration(_ json: JSONValue?, at place: String) throws(Flaw) -> String {
        guard let text = json?.string else {
            throw Flaw(message: "\(place): expected a string, found \(json?.summary ?? "none")")
        }
        guard !text.isEmpty else { throw Flaw(message: "\(place): expected a configuration, found an empty string") }
        guard text.utf8.count <= largestSize else { throw tooLarge(text.utf8.count, at: place) }
        return text
    }

    private static func files(_ json: JSONValue?) throws(Flaw) -> [FileChange] {
        guard let members = json?.object?.members, (1...mostFiles).contains(members.count) else {
            throw Flaw(message: "replace.files: expected an object with 1 to \(mostFiles) files")
        }
        var (changes, size): ([FileChange], Int) = ([], 0)
        for member in members {
            guard isFileName(member.name) else {
                throw Flaw(message: "replace.files: expected names such as \"conf.d/site.conf\"")
            }
            guard member.value.string != nil || member.value == .null else {
                throw Flaw(message: "replace.files: expected a string or null, found \(member.value.summary)")
            }
            size += member.value.string?.utf8.count ?? 0
            changes.append(FileChange(name: member.name, text: member.value.string))
        }
        guard size <= largestSize else { throw tooLarge(size, at: "replace.files") }
        return changes
    }

    private static func version(_ json: JSONValue?) throws(Flaw) -> Int64? {
        switch json {
        case .string(let text)? where text.utf8.elementsEqual("previous".utf8): return nil
        case .integer(let number)? where number > 0: return number
        default: throw Flaw(message: "replace.rollback: expected \"previous\" or the number of a version")
        }
    }

    private static func finish(_ json: JSONValue?) throws(Flaw) -> Change {
        guard json?.bool == true else { throw Flaw(message: "replace.finish: expected true") }
        return .finish
    }

    private static func flag(_ name: String, in object: JSONObject) throws(Flaw) -> Bool {
        guard let value = object[name] else { return false }
        guard let flag = value.bool else {
            throw Flaw(message: "replace.\(name): expected true or false, found \(value.summary)")
        }
        return flag
    }

    private static func tooLarge(_ size: Int, at place: String) -> Flaw {
        Flaw(message: "\(place): expected at most \(largestSize) bytes, found \(size)")
    }
}
