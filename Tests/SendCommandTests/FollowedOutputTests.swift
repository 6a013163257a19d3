import CommandCatalog
import JSON
import TestSupport
import Testing

@testable import TaskSending
@testable import send_command

/// Output that comes in pieces: once, in order, and with its gaps.
@Suite struct FollowedOutputTests {
    private static func chunk(_ offset: Int64, _ text: String, bytes: Int64? = nil) -> TaskEvent.Chunk {
        TaskEvent.Chunk(stream: .stdout, offset: offset, bytes: bytes ?? Int64(text.utf8.count), text: text)
    }

    @Test func repeatedPieceIsTakenOnce() {
        var output = FollowedOutput()
        #expect(output.isEmpty)
        #expect(output.take(Self.chunk(0, "abc")) == .init(missed: 0, text: "abc"))
        #expect(output.take(Self.chunk(0, "abc")) == nil)
        #expect(output.take(Self.chunk(1, "b")) == nil)
        #expect(output.take(Self.chunk(3, "")) == nil)
        #expect(output.take(Self.chunk(1, "bcde")) == .init(missed: 0, text: "de"))
        #expect(output.end(of: .stdout) == 5 && output.hasOpenLine && !output.isEmpty)
    }

    @Test func gapIsCounted() {
        var output = FollowedOutput()
        #expect(output.take(Self.chunk(4, "ef\n")) == .init(missed: 4, text: "ef\n"))
        #expect(!output.hasOpenLine)
        #expect(output.take(Self.chunk(5, "f")) == nil)
        #expect(output.take(Self.chunk(7, "g")) == .init(missed: 0, text: "g"))
    }

    @Test("T21: a piece of somebody else does not silence the host") func forgedPieceSilencesNothing() {
        var output = FollowedOutput()
        #expect(output.take(Self.chunk(0, "ab")) != nil)
        // Far ahead: the real ones go on where they were.
        #expect(output.take(Self.chunk(1 << 40, "x")) == .init(missed: 1 << 40 - 2, text: "x"))
        #expect(output.take(Self.chunk(2, "cd")) == .init(missed: 0, text: "cd"))
        // More than it brings.
        #expect(output.take(Self.chunk(4, "x", bytes: 1 << 40)) == nil)
        #expect(output.take(Self.chunk(4, "e")) == .init(missed: 0, text: "e"))
        #expect(output.end(of: .stdout) == 5)
    }

    @Test(
        "T21: what was shown is held against what is answered",
        arguments: [
            ("abc", "abc", 3, true), ("abc\n", "abc", 4, true), ("abc\n\n", "abc\n", 5, true), ("abd", "abc", 3, false),
            ("ab", "abc", 3, false), ("abcd", "abc", 3, false), ("x", "", 0, false),
            // U+00E9 and its two parts are equal as texts.
            ("\u{E9}", "e\u{301}", 3, false),
            ("abXXyz\n", "ab\n[... 2 bytes omitted ...]\nyz", 7, true),
            ("ab\nXyz\n", "ab\n[... 1 bytes omitted ...]\nyz", 7, true),
            ("abXXyz\n", "ac\n[... 2 bytes omitted ...]\nyz", 7, false),
            ("abXXyy\n", "ab\n[... 2 bytes omitted ...]\nyz", 7, false),
            ("abXXXyz\n", "ab\n[... 2 bytes omitted ...]\nyz", 7, false),
            ("abXXyz\n", "ab\n[... x bytes omitted ...]\nyz", 7, false),
        ] as [(String, String, Int64, Bool)])
    func shownIsHeldAgainstTheAnswer(shown: String, text: String, bytes: Int64, agrees: Bool) {
        var output = FollowedOutput()
        _ = output.take(Self.chunk(0, shown))
        let told = TaskResult.Output(text: text, bytes: bytes, kept: bytes)
        #expect(output.agrees(with: told, on: .stdout) == agrees)
    }

    @Test func muchThatIsShownAgreesByItsBeginningAndEnd() {
        var output = FollowedOutput()
        let piece = String(repeating: "a", count: 1 << 20)
        for index in 0..<20 { _ = output.take(Self.chunk(Int64(index) << 20, piece)) }
        let text = "aaa\n[... 20971514 bytes omitted ...]\naaa"
        #expect(output.agrees(with: TaskResult.Output(text: text, bytes: 20 << 20, kept: 3), on: .stdout))
        #expect(!output.agrees(with: TaskResult.Output(text: text + "b", bytes: 20 << 20, kept: 3), on: .stdout))
    }

    @Test func streamsAreCountedEachForItself() {
        var output = FollowedOutput()
        #expect(output.take(Self.chunk(0, "abc")) != nil)
        let error = TaskEvent.Chunk(stream: .stderr, offset: 0, bytes: 1, text: "e")
        #expect(output.take(error) == .init(missed: 0, text: "e"))
        #expect(output.missing(TaskResult.Output(text: "", bytes: 9, kept: 9), of: .stdout) == 6)
        #expect(output.missing(TaskResult.Output(text: "", bytes: 1, kept: 9), of: .stderr) == 0)
        #expect(output.missing(nil, of: .stderr) == 0)
    }

    @Test func whatIsNotUTF8IsCountedByItsBytes() {
        var output = FollowedOutput()
        // Two bytes that are no UTF-8 stand as six.
        #expect(output.take(Self.chunk(0, "\u{FFFD}\u{FFFD}", bytes: 2)) == .init(missed: 0, text: "\u{FFFD}\u{FFFD}"))
        #expect(output.take(Self.chunk(2, "a")) == .init(missed: 0, text: "a"))
        #expect(output.take(Self.chunk(1, "\u{FFFD}ab", bytes: 3)) == .init(missed: 0, text: "\u{FFFD}ab"))
    }

    @Test(arguments: SeededGenerator.seeds) func piecesInAnyCutMakeTheWhole(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        let whole = String((0..<500).map { _ in chance.one(of: Array("abc\n")) })
        var (output, shown, start) = (FollowedOutput(), "", 0)
        while start < 500 {
            // Begins anywhere in what is known: as after a reconnect.
            let from = chance.happens(onceIn: 3) ? chance.number(below: start + 1) : start
            let end = min(500, from + 1 + chance.number(below: 20))
            let text = String(decoding: Array(whole.utf8)[from..<end], as: UTF8.self)
            if let addition = output.take(Self.chunk(Int64(from), text)) {
                #expect(addition.missed == 0)
                shown += addition.text
            }
            start = max(start, end)
        }
        #expect(shown == whole)
    }

    @Test func storedOutputIsAskedForPieceByPiece() throws {
        let request = try TaskRequest([], options: [.fetch: "7", .offset: "10", .length: "100000"])
        var output = try #require(StoredOutput(request))
        let first = OutputPiece(offset: 10, total: 500_000, data: [UInt8](repeating: 1, count: 65_536))
        #expect(output.take(first.json.text)?.count == 65_536)
        #expect(output.next == OutputRequest(taskID: .integer(7), offset: 65_546, length: 34_464))
        let second = OutputPiece(offset: 65_546, total: 500_000, data: [UInt8](repeating: 1, count: 34_464))
        #expect(output.take(second.json.text)?.count == 34_464)
        #expect(output.next == nil)
        #expect(output.take(second.json.text) == nil)
    }

    @Test(
        arguments: [
            (OutputPiece(offset: 1, total: 5, data: [1]), nil, nil),
            (OutputPiece(offset: 0, total: 5, data: []), 0, nil),
            (OutputPiece(offset: 0, total: 1, data: [1]), 1, nil), (OutputPiece(offset: 0, total: 5, data: [1]), 1, 1),
            (OutputPiece(offset: 0, total: 5, data: [1, 2, 3, 4]), nil, nil),
        ] as [(OutputPiece, Int?, Int64?)])
    func pieceIsHeldAgainstTheRequest(_ piece: OutputPiece, _ count: Int?, _ next: Int64?) throws {
        let options: [VerbOption: String] = piece.data.count == 4 ? [.fetch: "7", .length: "3"] : [.fetch: "7"]
        var output = try #require(StoredOutput(TaskRequest([], options: options)))
        #expect(output.take(piece.json.text)?.count == count)
        if count != nil { #expect(output.next?.offset == next) }
    }

    @Test func otherRequestsAreNotAboutOutput() throws {
        #expect(try StoredOutput(TaskRequest(["s", "c"])) == nil)
    }
}
