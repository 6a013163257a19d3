import CommandCatalog
import Glibc
import TestSupport
import Testing

@testable import RemoteExecutor

/// A line of plain words gives what `sh -c` gives, with and without the shell.
@Suite(.crowd)
struct PlainLineTests {
    /// Programs that start, fail to start, and die.
    private static let files: [(name: String, content: String, mode: String)] = [
        ("with-shell", "#!/bin/sh\necho \"$0 $# $1\"; exit 7\n", "755"),
        ("without-shell", "echo \"$# $1\"; exit 5\n", "755"),
        ("not-executable", "#!/bin/sh\necho never\n", "644"),
        ("bad-interpreter", "#!/nonexistent/interpreter\n", "755"),
        ("empty", "", "755"),
        ("killed", "#!/bin/sh\necho before; kill -9 $$\n", "755"),
        ("terminated", "#!/bin/sh\nkill -15 $$\n", "755"),
        ("environment", "#!/bin/sh\nenv\n", "755"),
        ("both", "#!/bin/sh\necho out; echo err >&2; exit 255\n", "755"),
        ("directory-of-work", "#!/bin/sh\npwd; umask; ulimit -n; cat; readlink /proc/self/fd/0\n", "755"),
    ]

    @Test(arguments: [
        "/bin/echo hi", "/bin/echo", "/bin/true", "/bin/false", "/usr/bin/env", "/bin/pwd", "/bin/ls /nonexistent",
        "/nonexistent", "/nonexistent/program with words", "/tmp", "/etc/passwd", "/bin/sh -c exit", "/bin/echo -n",
        "FILES/with-shell one two", "FILES/without-shell one", "FILES/not-executable", "FILES/bad-interpreter",
        "FILES/empty", "FILES/killed", "FILES/terminated", "FILES/environment", "FILES/both",
        "FILES/directory-of-work", "FILES/with-shell/below",
    ])
    func plainLineEqualsTheShells(_ pattern: String) async throws {
        try await withFiles { folder in
            let line = pattern.replacing("FILES", with: folder)
            let settings = RunBench.settings { $0.directory = folder }
            let bench = try RunBench()
            let words = line.split(separator: " ").map(String.init)
            let plain = try await bench.run(.plain(arguments: words, line: line), settings)
            let shell = try await bench.run(.shell(line), settings)
            #expect(plain.code == shell.code)
            #expect(plain.code != nil)
            // A shell hands its environment on in an order of its own.
            #expect(lines(plain.stdout) == lines(shell.stdout))
            // The shell itself remarks on a program that a signal ended; nothing else may differ.
            if plain.code.map({ $0 < 128 || $0 == 255 }) ?? false {
                #expect(plain.stderr.text() == shell.stderr.text())
            }
        }
    }

    private func lines(_ output: RunOutput) -> [Substring] {
        // Each has a run of its own, and says so in its environment.
        output.text().split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.hasPrefix("RECOVERD_RUN=") }.sorted()
    }

    private func withFiles(_ body: (String) async throws -> Void) async throws {
        var template = Array("/tmp/plain-line-XXXXXX".utf8CString)
        let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
        // Not written by this process: a child of another test could have the file open for writing when it is executed.
        let bench = try RunBench()
        for file in Self.files {
            let path = "\(folder)/\(file.name)"
            let written = try await bench.shell("cat > \(path) <<'END'\n\(file.content)END\nchmod \(file.mode) \(path)")
            #expect(written.code == 0)
        }
        defer {
            Self.files.forEach { unlink("\(folder)/\($0.name)") }
            rmdir(folder)
        }
        try await body(folder)
    }
}
