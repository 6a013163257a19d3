import Glibc
import TestSupport
import Testing

@testable import ConfigurationReader

/// T9: owner and mode of a program, and of every directory on the way.
@Suite(.enabled(if: geteuid() == 0, "only root can give files away"))
struct ProgramTrustTests {
    enum Verdict: Sendable { case trusted, doubtful, refused }

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (_ directory: String, _ program: String) -> Void
        let verdict: Verdict
    }

    @Test(arguments: [
        Row(testDescription: "as installed", change: { _, _ in }, verdict: .trusted),
        Row(testDescription: "anybody may write", change: { chmod($1, 0o757) }, verdict: .refused),
        Row(testDescription: "group root may write", change: { chmod($1, 0o775) }, verdict: .trusted),
        Row(
            testDescription: "a group may write",
            change: {
                chown($1, 0, 50)
                chmod($1, 0o775)
            }, verdict: .doubtful),
        Row(testDescription: "a stranger's", change: { chown($1, 4711, 0) }, verdict: .refused),
        Row(testDescription: "its own user's", change: { chown($1, 1234, 0) }, verdict: .trusted),
        Row(testDescription: "anybody's directory", change: { path, _ in chmod(path, 0o777) }, verdict: .refused),
        Row(testDescription: "a sticky directory", change: { path, _ in chmod(path, 0o1777) }, verdict: .trusted),
        Row(testDescription: "a stranger's directory", change: { path, _ in chown(path, 4711, 0) }, verdict: .refused),
        Row(
            testDescription: "a stranger's sticky directory",
            change: { path, _ in
                chown(path, 4711, 0)
                chmod(path, 0o1777)
            }, verdict: .refused),
        Row(
            testDescription: "a link to a stranger's",
            change: { path, program in
                rename(program, path + "/real")
                chown(path + "/real", 4711, 0)
                symlink(path + "/real", program)
            }, verdict: .refused),
        Row(testDescription: "missing", change: { unlink($1) }, verdict: .trusted),
    ])
    func programIsLookedAtWithItsWay(_ row: Row) throws { try look(row) }

    /// Rows move the program to `real` beside its directory, or within it, and put links in its place.
    @Test(arguments: [
        Row(
            testDescription: "a relative link",
            change: { path, program in
                rename(program, path + "/real")
                symlink("real", program)
            }, verdict: .trusted),
        Row(
            testDescription: "a link to the directory",
            change: { path, _ in
                rename(path, path + ".real")
                symlink("bin.real", path)
            }, verdict: .trusted),
        Row(
            testDescription: "a link by a link, as of alternatives",
            change: { path, program in
                rename(program, path + "/real")
                symlink(path + "/real", path + "/alternative")
                symlink(path + "/alternative", program)
            }, verdict: .trusted),
        Row(
            testDescription: "up and down again",
            change: { path, program in
                rename(program, path + "/real")
                mkdir(path + "/sub", 0o755)
                symlink("./sub/..//../bin/real", program)
            }, verdict: .trusted),
        Row(
            testDescription: "a link in a stranger's directory",
            change: { path, program in
                rename(program, path + "/../real")
                symlink("../real", program)
                chown(path, 4711, 0)
            }, verdict: .refused),
        Row(
            testDescription: "a link in anybody's directory",
            change: { path, program in
                rename(program, path + "/../real")
                symlink(path + "/../real", program)
                chmod(path, 0o777)
            }, verdict: .refused),
        Row(
            testDescription: "a link in a group's directory",
            change: { path, program in
                rename(program, path + "/../real")
                symlink("../real", program)
                chown(path, 0, 50)
                chmod(path, 0o775)
            }, verdict: .doubtful),
        Row(
            testDescription: "a link in a directory of its own user",
            change: { path, program in
                rename(program, path + "/../real")
                symlink("../real", program)
                chown(path, 1234, 0)
            }, verdict: .trusted),
        Row(
            testDescription: "a stranger's link between two of root's",
            change: { path, program in
                rename(program, path + "/real")
                mkdir(path + "/home", 0o755)
                symlink("../real", path + "/home/tool")
                chown(path + "/home", 4711, 0)
                symlink("home/tool", program)
            }, verdict: .refused),
        Row(
            testDescription: "up from where a link leads, not from where it stands",
            change: { path, program in
                mkdir(path + "/home", 0o755)
                mkdir(path + "/home/sub", 0o755)
                rename(program, path + "/home/real")
                chown(path + "/home", 4711, 0)
                symlink("home/sub", path + "/link")
                symlink("link/../real", program)
                // Where it would lead by its words alone.
                symlink("/bin/sh", path + "/real")
            }, verdict: .refused),
        Row(
            testDescription: "a stranger's link in root's directory",
            change: { path, program in
                rename(program, path + "/real")
                symlink("real", program)
                lchown(program, 4711, 4711)
            }, verdict: .trusted),
        Row(
            testDescription: "root's link in a sticky directory",
            change: { path, program in
                rename(program, path + "/real")
                symlink("real", program)
                chmod(path, 0o1777)
            }, verdict: .trusted),
        Row(
            testDescription: "a stranger's link in a sticky directory",
            change: { path, program in
                rename(program, path + "/real")
                symlink("real", program)
                lchown(program, 4711, 4711)
                chmod(path, 0o1777)
            }, verdict: .refused),
        Row(
            testDescription: "nothing yet in a stranger's directory",
            change: { path, program in
                unlink(program)
                chown(path, 4711, 0)
            }, verdict: .refused),
        Row(
            testDescription: "nothing yet in a sticky directory",
            change: { path, program in
                unlink(program)
                chmod(path, 0o1777)
            }, verdict: .refused),
        Row(
            testDescription: "a link to itself",
            change: { _, program in
                unlink(program)
                symlink("program", program)
            }, verdict: .trusted),
        Row(
            testDescription: "as many links as the kernel follows",
            change: { path, program in
                rename(program, path + "/0")
                chown(path + "/0", 4711, 0)
                for number in 1..<40 { symlink("\(number - 1)", path + "/\(number)") }
                symlink("39", program)
            }, verdict: .refused),
    ])
    func wayIsTheOneThatTheKernelGoes(_ row: Row) throws { try look(row) }

    /// Names that are no UTF-8 are names all the same.
    @Test func strangersDirectoryHasAnyName() throws {
        let directory = try TemporaryDirectory()
        let home = Array(directory.path("home").utf8CString.dropLast()) + [-1]
        let tool = home + Array("/tool".utf8CString)
        mkdir(home + [0], 0o755)
        defer {
            unlink(tool)
            rmdir(home + [0])
        }
        symlink(tool, directory.path("program"))
        close(open(tool, O_WRONLY | O_CREAT | O_CLOEXEC, 0o755))
        #expect(ProgramTrust(of: directory.path("program")) == .trusted)
        chown(home + [0], 4711, 0)
        #expect(ProgramTrust(of: directory.path("program")) != .trusted)
    }

    private func look(_ row: Row) throws {
        let directory = try TemporaryDirectory()
        mkdir(directory.path("bin"), 0o755)
        try directory.write("#!/bin/sh\n", to: "bin/program")
        let program = directory.path("bin/program")
        chmod(program, 0o755)
        row.change(directory.path("bin"), program)
        let verdict: Verdict =
            switch ProgramTrust(of: program, runAs: 1234) {
            case .trusted: .trusted
            case .doubtful: .doubtful
            case .refused: .refused
            }
        #expect(verdict == row.verdict)
    }
}
