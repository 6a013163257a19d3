import Glibc
import TestSupport
import Testing

@testable import PluginHost

/// The directories of the agent's own.
@Suite struct AgentDirectoriesTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func prepare(_ state: String, _ runtime: String) throws -> AgentDirectories {
        try AgentDirectories.prepare(state: directory.path(state), runtime: directory.path(runtime))
    }

    @Test func theyAreMadeForTheAgentAloneAndToldByTheirRealPaths() throws {
        symlink(directory.path("real"), directory.path("link"))
        mkdir(directory.path("real"), 0o700)
        let directories = try prepare("state", "link")
        #expect(directories == AgentDirectories(state: directory.path("state"), runtime: directory.path("real")))
        var status = stat()
        #expect(stat(directories.state, &status) == 0 && status.st_mode & 0o777 == 0o700)
        #expect(try prepare("state", "link") == directories)
    }

    @Test(arguments: [("state", "run"), ("run", "state")]) func neitherMayBeAnothersOrMissing(
        good: String, bad: String
    )
        throws
    {
        func message(_ path: String) throws -> String {
            do throws(StartError) {
                _ = try AgentDirectories.prepare(
                    state: directory.path(bad == "state" ? path : good),
                    runtime: directory.path(bad == "run" ? path : good)
                )
                return ""
            } catch {
                return "\(error)"
            }
        }
        mkdir(directory.path("open"), 0o700)
        chmod(directory.path("open"), 0o777)
        try directory.write("", to: "file")
        let name = bad == "run" ? "runtime" : "state"
        #expect(try message("open").hasPrefix("the \(name) directory \(directory.path("open")) must belong to user"))
        #expect(try message("file") == "the \(name) directory \(directory.path("file")) is no directory")
        #expect(try message("no/where").hasSuffix("cannot be made: No such file or directory"))
    }
}
