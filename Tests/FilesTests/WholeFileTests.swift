import Files
import Glibc
import TestSupport
import Testing

/// A file is the old one or the whole new one, whatever keeps it from being written.
@Suite(.crowd) struct WholeFileTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func status(_ name: String) -> stat {
        var status = stat()
        lstat(directory.path(name), &status)
        return status
    }

    @Test(arguments: [true, false]) func fileIsMadeOnce(isDurable: Bool) throws {
        let path = directory.path("a")
        try WholeFile.create(path, [1, 2], isDurable: isDurable)
        #expect(status("a").st_mode & 0o7777 == 0o600)
        let failure = #expect(throws: FileFailure.self) { try WholeFile.create(path, [3], isDurable: isDurable) }
        #expect(failure?.description == "\(path): is there already; it is not overwritten")
        #expect(try directory.text(of: "a") == "\u{1}\u{2}")
    }

    @Test(arguments: [(true, true), (true, false), (false, true), (false, false)])
    func fileIsReplacedWithTheRightsThatAreWanted(isDurable: Bool, isShared: Bool) throws {
        let path = directory.path("a")
        // More than the usual mask of a process lets through.
        let rights = FileRights(user: geteuid(), group: getegid(), mode: 0o664)
        for text in ["old", "", String(repeating: "new", count: 100_000)] {
            try WholeFile.replace(path, Array(text.utf8), rights, isDurable: isDurable, isShared: isShared)
            #expect(try directory.text(of: "a") == text)
            #expect(status("a").st_mode & 0o7777 == 0o664)
        }
        #expect(try FileTree.names(in: directory.path) == ["a"])
    }

    @Test func fileIsMadeAtOnceOrNotAtAll() throws {
        let path = directory.path("a")
        // Of a process of the same number that was killed.
        try directory.write("half", to: "a.\(getpid()).new")
        try WholeFile.createAtOnce(path, [1, 2])
        #expect(status("a").st_mode & 0o7777 == 0o600 && status("a").st_nlink == 1)
        let failure = #expect(throws: FileFailure.self) { try WholeFile.createAtOnce(path, [3]) }
        #expect(failure?.description == "\(path): is there already; it is not overwritten")
        #expect(try directory.text(of: "a") == "\u{1}\u{2}")
        #expect(try FileTree.names(in: directory.path) == ["a"])
    }

    /// What was killed while it wrote left a draft, which may be anything.
    @Test func draftOfTheDeadIsNotFollowed() throws {
        try directory.write("elsewhere", to: "other")
        symlink(directory.path("other"), directory.path("a.new"))
        try WholeFile.replace(directory.path("a"), [1])
        #expect(try directory.text(of: "other") == "elsewhere")
        #expect(try directory.text(of: "a") == "\u{1}")
        #expect(try FileTree.names(in: directory.path).sorted() == ["a", "other"])
    }

    @Test func placeThatCannotBeTakenIsNamed() throws {
        mkdir(directory.path("a"), 0o700)
        try directory.write("x", to: "a/x")
        let taken = #expect(throws: FileFailure.self) { try WholeFile.replace(directory.path("a"), [1]) }
        #expect(taken == FileFailure(directory.path("a"), cannotBe: "replaced", errno: EISDIR))
        let missing = #expect(throws: FileFailure.self) { try WholeFile.create(directory.path("no/a"), [1]) }
        #expect(missing?.message == "cannot be created: No such file or directory")
        let renamed = #expect(throws: FileFailure.self) {
            try WholeFile.rename(directory.path("no"), to: directory.path("b"))
        }
        #expect(
            renamed?.description
                == "(\(directory.path("no")) => \(directory.path("b"))): No such file or directory")
        let directoryStays = #expect(throws: FileFailure.self) { try WholeFile.remove(directory.path("a")) }
        #expect(directoryStays?.message == "cannot be removed: Is a directory")
        #expect(try directory.text(of: "a/x") == "x")
        for _ in 0..<2 { try WholeFile.remove(directory.path("a/x")) }
        #expect(try FileTree.names(in: directory.path("a")).isEmpty)
        #expect(try FileTree.names(in: directory.path) == ["a"])
    }

    @Test(.enabled(if: SmallDisk.isAllowed, "mounting a tmpfs needs root"))
    func fullDiskLeavesTheOldFileAndNoDraft() throws {
        let disk = try SmallDisk(at: directory.path)
        defer { disk.remove() }
        let path = directory.path("a")
        try WholeFile.create(path, Array("old".utf8))
        try disk.fill()
        let bytes = [UInt8](repeating: 0, count: 100_000)
        let replaced = #expect(throws: FileFailure.self) { try WholeFile.replace(path, bytes) }
        #expect(replaced?.message == "cannot be written: No space left on device")
        #expect(throws: FileFailure.self) { try WholeFile.create(directory.path("b"), bytes) }
        #expect(throws: FileFailure.self) { try WholeFile.createAtOnce(directory.path("c"), bytes) }
        #expect(try directory.text(of: "a") == "old")
        #expect(try FileTree.names(in: directory.path).sorted() == ["a", "filling"])
    }

    @Test func draftOfAnotherProcessIsLeftToIt() throws {
        try directory.write("of another process", to: "a.1.new")
        try WholeFile.replace(directory.path("a"), [1], isShared: true)
        #expect(try directory.text(of: "a.1.new") == "of another process")
        #expect(try FileTree.names(in: directory.path).sorted() == ["a", "a.1.new"])
    }
}
