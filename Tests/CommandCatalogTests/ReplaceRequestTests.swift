import CommandCatalog
import JSON
import TestSupport
import Testing

/// What may be asked for of a configuration.
struct ReplaceRequestTests {
    private static func read(_ members: String) -> Result<TaskMessage, any Error> {
        Result { try TaskMessage(Array("{\"task_id\":7,\(members)}".utf8)) }
    }

    private static func message(_ error: any Error) -> String? { (error as? TaskMessageError)?.message }

    @Test func predecessorsMessageIsForCollectd() throws {
        let task = try Self.read("\"timestamp\":\"x\",\"config\":\"LoadPlugin cpu\"").get()
        #expect(task.verb == .config("LoadPlugin cpu"))
        #expect(task.replacement?.service.text == "collectd")
        #expect(task.replacement?.change == .text("LoadPlugin cpu"))
        #expect(task.service?.text == "collectd" && task.request == nil)
    }

    @Test func everyFormIsRead() throws {
        let forms: [(String, ReplaceRequest.Change)] = [
            ("\"text\":\"a\\n\"", .text("a\n")),
            (
                "\"files\":{\"b.conf\":\"x\",\"d/c.conf\":null,\"e\":\"\"}",
                .files([
                    .init(name: "b.conf", text: "x"), .init(name: "d/c.conf", text: nil), .init(name: "e", text: ""),
                ])
            ),
            ("\"rollback\":\"previous\"", .rollback(version: nil)), ("\"rollback\":3", .rollback(version: 3)),
            ("\"finish\":true", .finish),
        ]
        for (text, change) in forms {
            let task = try Self.read("\"replace\":{\"service\":\"nginx\",\(text),\"diff\":true}").get()
            let wanted = ReplaceRequest(service: try name("nginx"), change: change, wantsDifference: true)
            #expect(task.verb == .replace(wanted))
        }
    }

    /// M57 and what else is none.
    @Test(arguments: [
        ("\"config\":\"\"", "config: expected a configuration, found an empty string"),
        ("\"config\":null", "config: expected a string, found null"),
        ("\"config\":{\"a\":1}", "config: expected a string, found an object"),
        ("\"config\":\"x\",\"command\":\"c\"", "expected one of command and config, found both"),
        ("\"config\":\"x\",\"replace\":{}", "expected one of config and replace, found both"),
        ("\"replace\":[]", "replace: expected an object, found an array"),
        (
            "\"replace\":{\"service\":\"s\"}",
            "replace: expected one of text, files, rollback and finish, found none"
        ),
        (
            "\"replace\":{\"service\":\"s\",\"text\":\"x\",\"finish\":true}",
            "replace: expected one of text, files, rollback and finish, found both text and finish"
        ),
        (
            "\"replace\":{\"text\":\"x\"}",
            "replace: needs \"service\": 1 to 255 bytes without control characters"
        ),
        (
            "\"replace\":{\"service\":\"s\",\"files\":{}}",
            "replace.files: expected an object with 1 to 256 files"
        ),
        (
            "\"replace\":{\"service\":\"s\",\"files\":{\"a\":1}}",
            "replace.files: expected a string or null, found the number 1"
        ),
        (
            "\"replace\":{\"service\":\"s\",\"rollback\":0}",
            "replace.rollback: expected \"previous\" or the number of a version"
        ),
        ("\"replace\":{\"service\":\"s\",\"finish\":false}", "replace.finish: expected true"),
        (
            "\"replace\":{\"service\":\"s\",\"text\":\"x\",\"dry_run\":1}",
            "replace.dry_run: expected true or false, found the number 1"
        ),
    ])
    func whatIsNoneIsAnswered(_ members: String, _ reason: String) {
        guard case .failure(let error) = Self.read(members) else { return #expect(Bool(false), "it was taken") }
        #expect(Self.message(error) == "Malformed task: \(reason)")
    }

    /// A name of a file is no way out of its directory.
    @Test(arguments: [
        "../x", "a/../b", "/etc/passwd", "a//b", "", ".", ".hidden", "a/.b", "a b", "a\\b", "-rf", "a/", "é",
        String(repeating: "x", count: 256),
    ])
    func nameOfAFileIsPlain(name: String) {
        #expect(!ReplaceRequest.isFileName(name))
        let files = JSONValue.object(JSONObject([(name, "x")])).text
        guard case .failure(let error) = Self.read("\"replace\":{\"service\":\"s\",\"files\":\(files)}") else {
            return #expect(Bool(false), "it was taken")
        }
        #expect(Self.message(error)?.contains("expected names such as") == true)
    }

    /// M57: a mebibyte is taken, a byte more is not; what brings no configuration stays at 64 KiB.
    @Test func sizeHasItsBound() throws {
        let text = String(repeating: "x", count: ReplaceRequest.largestSize)
        #expect(try Self.read("\"config\":\"\(text)\"").get().verb == .config(text))
        guard case .failure(let error) = Self.read("\"config\":\"\(text)y\"") else {
            return #expect(Bool(false), "it was taken")
        }
        #expect(
            Self.message(error) == "Malformed task: config: expected at most 1048576 bytes, found 1048577")
        let half = String(repeating: "x", count: ReplaceRequest.largestSize / 2 + 1)
        guard
            case .failure(let sum) = Self.read(
                "\"replace\":{\"service\":\"s\",\"files\":{\"a\":\"\(half)\",\"b\":\"\(half)\"}}")
        else { return #expect(Bool(false), "it was taken") }
        #expect(Self.message(sum)?.contains("replace.files: expected at most 1048576 bytes") == true)
        guard case .failure = Self.read("\"service\":\"s\",\"command\":\"c\",\"other\":\"\(half)\"") else {
            return #expect(Bool(false), "a command of half a mebibyte was taken")
        }
    }

    /// Everything that changes the deed changes what the task is known by, and what is signed.
    @Test func everyPartIsCovered() throws {
        let base = ReplaceRequest(service: try name("s"), change: .text("a"))
        let others = [
            ReplaceRequest(service: try name("t"), change: .text("a")),
            ReplaceRequest(service: try name("s"), change: .text("b")),
            ReplaceRequest(service: try name("s"), change: .text("a"), isDryRun: true),
            ReplaceRequest(service: try name("s"), change: .text("a"), wantsDifference: true),
            ReplaceRequest(service: try name("s"), change: .files([.init(name: "a", text: "a")])),
            ReplaceRequest(service: try name("s"), change: .files([.init(name: "a", text: nil)])),
            ReplaceRequest(service: try name("s"), change: .files([.init(name: "a", text: "")])),
            ReplaceRequest(
                service: try name("s"),
                change: .files([.init(name: "a", text: "a"), .init(name: "b", text: "a")])),
            ReplaceRequest(service: try name("s"), change: .rollback(version: nil)),
            ReplaceRequest(service: try name("s"), change: .rollback(version: 1)),
            ReplaceRequest(service: try name("s"), change: .finish),
        ]
        let tasks = ([base] + others).map { request in
            TaskMessage(taskID: .integer(1), timestamp: Timestamp(seconds: 0), verb: .replace(request))
        }
        #expect(Set(tasks.map(\.digest)).count == tasks.count)
        let signed = tasks.map { task in
            var tuple = TupleBytes()
            task.appendSigned(to: &tuple)
            return tuple.bytes
        }
        #expect(Set(signed).count == tasks.count)
        let plain = TaskMessage(taskID: .integer(1), timestamp: Timestamp(seconds: 0), verb: .config("a"))
        #expect(!tasks.map(\.digest).contains(plain.digest))
    }

    @Test func orderOfFilesIsNothing() throws {
        let files = [ReplaceRequest.FileChange(name: "a", text: "1"), .init(name: "b", text: nil)]
        let one = ReplaceRequest(service: try name("s"), change: .files(files))
        let other = ReplaceRequest(service: try name("s"), change: .files(files.reversed()))
        #expect(one.contentDigest == other.contentDigest)
    }

    /// As sha256sum(1) has it of the file.
    @Test func digestOfATextIsThatOfItsFile() throws {
        let request = ReplaceRequest(service: try name("s"), change: .text("hello\n"))
        #expect(
            request.contentDigest == "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03")
    }
}
