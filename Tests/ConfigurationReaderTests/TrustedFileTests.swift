import ConfigurationReader
import Glibc
import TestSupport
import Testing

/// What may be run as root is only read from a file that nobody else may have written.
@Suite(.timeLimit(.minutes(5)))
struct TrustedFileTests {
    private let directory: TemporaryDirectory
    private var file: String { directory.path("f.json") }

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func refusal(_ path: String) -> String? {
        do throws(ConfigurationProblem) {
            _ = try TrustedFile(path)
            return nil
        } catch {
            return error.description
        }
    }

    @Test(arguments: ["", " \n", "{}", "{}\n", "{\r\n}", "\u{FEFF}{}", String(repeating: "x", count: 100_000)])
    func contentComesAsItIs(_ text: String) throws {
        try directory.write(text, to: "f.json")
        #expect(try TrustedFile(file).bytes == Array(text.utf8))
    }

    @Test func largestFileIsReadAndALargerOneIsNot() throws {
        try directory.write([UInt8](repeating: 32, count: TrustedFile.largestSize), to: "f.json")
        #expect(try TrustedFile(file).bytes.count == 4_194_304)
        try directory.write([UInt8](repeating: 32, count: TrustedFile.largestSize + 1), to: "f.json")
        #expect(refusal(file) == "\(file): has 4194305 bytes; at most 4194304 are read")
    }

    @Test(arguments: [(mode_t(0o600), false), (0o640, false), (0o644, true), (0o400, false), (0o755, true)])
    func harmlessModesAreTaken(_ mode: mode_t, _ isWorldReadable: Bool) throws {
        try directory.write("{}", to: "f.json", mode: mode)
        #expect(try TrustedFile(file).isWorldReadable == isWorldReadable)
    }

    /// T9, C03: who may write it may run commands.
    @Test(arguments: [mode_t(0o620), 0o602, 0o666, 0o777])
    func fileThatOthersMayWriteIsRefused(_ mode: mode_t) throws {
        try directory.write("{}", to: "f.json", mode: mode)
        #expect(refusal(file) == "\(file): may be written by group or others; use: chmod go-w")
    }

    /// C01: no file.
    @Test func missingFileIsExplained() {
        #expect(refusal(file) == "\(file): cannot be opened: No such file or directory")
        let nowhere = directory.path("no/f.json")
        #expect(refusal(nowhere) == "\(nowhere): its directory cannot be found: No such file or directory")
        #expect(refusal("") == "\"\": is no regular file")
    }

    @Test(arguments: ["/dev/null", "/dev/zero", "/"])
    func whatIsNoRegularFileIsRefused(_ path: String) {
        #expect(refusal(path) == "\(path): is no regular file")
    }

    /// C01: what is no file.
    @Test func directoryFIFOAndSocketAreRefused() throws {
        let (fifo, socket) = (directory.path("fifo"), directory.path("socket"))
        try #require(mkfifo(fifo, 0o600) == 0)
        try #require(mknod(socket, S_IFSOCK | 0o600, 0) == 0)
        for path in [directory.path, directory.path + "/", fifo, socket] {
            #expect(refusal(path) == "\(path): is no regular file")
        }
    }

    @Test func symbolicLinkIsRefusedButADirectoryMayBeOne() throws {
        try directory.write("{}", to: "f.json")
        try #require(symlink("f.json", directory.path("link")) == 0)
        try #require(symlink(".", directory.path("here")) == 0)
        let link = directory.path("link")
        #expect(refusal(link) == "\(link): is a symbolic link; name the file that it leads to")
        #expect(refusal(directory.path("here/f.json")) == nil)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
    func fileAndDirectoryOfAnotherUserAreRefused() throws {
        try directory.write("{}", to: "f.json", mode: 0o644)
        try #require(chown(file, 12_345, 0) == 0)
        #expect(refusal(file) == "\(file): belongs to user 12345; it must belong to root or to user 0")
        try #require(chown(file, 0, 0) == 0 && chown(directory.path, 12_345, 0) == 0)
        let expected = "the directory \(directory.path) belongs to user 12345; it must belong to root or to user 0"
        #expect(refusal(file) == "\(file): \(expected)")
    }

    @Test func directoryOnTheWayThatOthersMayWriteIsRefused() throws {
        try #require(mkdir(directory.path("sub"), 0o700) == 0)
        try directory.write("{}", to: "sub/f.json")
        #expect(refusal(directory.path("sub/f.json")) == nil, "the sticky /tmp of root's is harmless")
        try #require(chmod(directory.path, 0o770) == 0)
        let expected =
            "the directory \(directory.path) may be written by group or others; use: chmod go-w \(directory.path)"
        #expect(refusal(directory.path("sub/f.json")) == "\(directory.path("sub/f.json")): \(expected)")
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
    func onlyAStickyDirectoryOfRootsMayBeWrittenByOthers() throws {
        try directory.write("{}", to: "f.json")
        try #require(chmod(directory.path, 0o1777) == 0)
        #expect(refusal(file) == nil)
        try #require(chmod(directory.path, 0o777) == 0)
        #expect(refusal(file) != nil)
    }
}
