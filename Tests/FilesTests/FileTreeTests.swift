import Files
import Glibc
import TestSupport
import Testing

/// Directories are made, read and removed; links are what they are, and not where they lead.
@Suite(.crowd) struct FileTreeTests {
    @Test(.enabled(if: geteuid() == 0, "root gives up its rights for this")) func hiddenIsNotMissing() async throws {
        await #expect(processExitsWith: .success) {
            let directory = try TemporaryDirectory()
            #expect(chmod(directory.path, 0o700) == 0 && setegid(54_321) == 0 && seteuid(54_321) == 0)
            #expect(!FileTree.isThere(directory.path("file")))
            #expect(
                FileTree.doubt(about: directory.path("file"))?.description
                    == "\(directory.path("file")): cannot be looked at: Permission denied")
            #expect(FileTree.doubt(about: "/nonexistent/file") == nil && FileTree.doubt(about: "/etc/passwd") == nil)
            #expect(seteuid(0) == 0)
        }
    }

    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func directoriesAreMadeWithThoseAboveThem() throws {
        let path = directory.path("a/b/c")
        // More than the usual mask of a process lets through.
        for _ in 0..<2 { try FileTree.make(path, mode: 0o775) }
        for name in ["a", "a/b", "a/b/c"] {
            var status = stat()
            #expect(stat(directory.path(name), &status) == 0 && status.st_mode & 0o7777 == 0o775)
        }
        try directory.write("", to: "file")
        let failure = #expect(throws: FileFailure.self) { try FileTree.make(directory.path("file/b")) }
        #expect(failure?.description == "\(directory.path("file/b")): cannot be made: Not a directory")
    }

    @Test(arguments: ["", "nowhere/b", "nowhere/b/c", "/proc/x", "/proc/x/y"])
    func directoryThatCanNeverBeIsRefused(path: String) throws {
        // A link that leads nowhere: it is there, and nothing can be below it.
        symlink("/nonexistent/place", directory.path("nowhere"))
        let whole = path.isEmpty || path.hasPrefix("/") ? path : directory.path(path)
        let failure = #expect(throws: FileFailure.self) { try FileTree.make(whole) }
        #expect(failure?.message == "cannot be made: No such file or directory")
    }

    @Test func treeIsRemovedAndLinksAreNotFollowed() throws {
        try FileTree.make(directory.path("tree/below"))
        try FileTree.make(directory.path("kept"))
        try directory.write("x", to: "kept/x")
        try directory.write("y", to: "tree/below/y")
        symlink(directory.path("kept"), directory.path("tree/link"))
        symlink("nowhere", directory.path("tree/lost"))
        #expect(FileTree.isThere(directory.path("tree/lost")))
        #expect(try FileTree.names(in: directory.path("tree")).sorted() == ["below", "link", "lost"])
        for _ in 0..<2 { try FileTree.remove(directory.path("tree")) }
        #expect(try FileTree.names(in: directory.path) == ["kept"])
        #expect(try directory.text(of: "kept/x") == "x")
        let failure = #expect(throws: FileFailure.self) { try FileTree.remove(directory.path("kept/x/y")) }
        #expect(failure?.message == "cannot be removed: Not a directory")
        let unread = #expect(throws: FileFailure.self) { _ = try FileTree.names(in: directory.path("kept/x")) }
        #expect(unread?.message == "cannot be read: Not a directory")
    }

    @Test(arguments: [
        ("/a/b", "/a", "b"), ("/a", "/", "a"), ("a", ".", "a"), ("a/b/", "a/b", ""), ("/", "/", ""), ("", ".", ""),
    ])
    func pathHasAParentAndALastName(path: String, parent: String, name: String) {
        #expect(FileTree.parent(of: path) == parent)
        #expect(FileTree.lastName(of: path) == name)
    }

    @Test func lockIsHeldUntilItIsForgotten() throws {
        let path = directory.path("lock")
        var lock: FileLock? = try FileLock(path, patience: .zero)
        let held = #expect(throws: FileFailure.self) { _ = try FileLock(path, patience: .milliseconds(20)) }
        #expect(held?.message.hasPrefix("is locked by another process for more than") == true)
        withExtendedLifetime(lock) {}
        lock = nil
        _ = try FileLock(path, patience: .zero)
        _ = try FileLock(directory: directory.path, patience: .zero)
        let missing = #expect(throws: FileFailure.self) { _ = try FileLock(directory: path, patience: .zero) }
        #expect(missing?.message == "cannot be opened: Not a directory")
    }
}
