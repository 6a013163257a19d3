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
    func programIsLookedAtWithItsWay(_ row: Row) throws {
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
