import CommandCatalog
import Glibc
import TestSupport
import Testing

/// A line that is run without a shell means what the shell would make of it.
struct PlainLineTests {
    /// The argument vector of a line that needs no shell.
    private static func words(_ line: String) throws -> [String]? {
        let text = line.unicodeScalars.reduce(into: "") { $0 += $1 == "\"" || $1 == "\\" ? "\\\($1)" : "\($1)" }
        let command = try CatalogFile.catalog(commands: "\"c\": \"\(text)\"").command("s", "c")
        switch command.invocation {
        case .plain(let arguments, line):
            #expect(arguments.joined(separator: " ") == line)
            return arguments
        default:
            #expect(command.invocation == .shell(line))
            return nil
        }
    }

    @Test(arguments: [
        ("/bin/true", ["/bin/true"]), ("/bin/echo a b.c -d_e /f", ["/bin/echo", "a", "b.c", "-d_e", "/f"]),
        ("/", ["/"]),
        ("//x", ["//x"]), ("/bin/systemctl restart nginx", ["/bin/systemctl", "restart", "nginx"]),
    ])
    func needsNoShell(_ line: String, _ words: [String]) throws {
        #expect(try Self.words(line) == words)
    }

    @Test(arguments: [
        "true", "echo a", " /bin/true", "/bin/true ", "/bin/echo  a", "/bin/echo \"a\"", "/bin/echo 'a'",
        "/bin/echo a;",
        "/bin/a|/bin/b", "/bin/a&", "/bin/a>b", "/bin/echo $a", "/bin/echo `a`", "/bin/echo *", "/bin/echo a?",
        "/bin/[",
        "/bin/echo ~", "/bin/echo a=b", "a=b /bin/env", "/bin/echo #a", "/bin/echo a\\\\", "/bin/echo !",
        "/bin/echo {a}",
        "/bin/echo \u{E9}", "/bin/echo a,b", "/bin/echo a:b", "/bin/echo %h", "/bin/echo @", "/bin/echo +", "./true",
        "-c",
    ])
    func needsAShell(_ line: String) throws {
        #expect(try Self.words(line) == nil)
    }

    @Test(arguments: SeededGenerator.seeds)
    func shellMakesTheSameWordsOfEveryPlainLine(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        let alphabet = Array("abzAZ09/._-   =~!#,:@%+^".unicodeScalars)
        var plain = 0
        for _ in 0..<2000 where plain < 60 {
            var line = "/"
            for _ in 0..<chance.number(below: 12) { line.unicodeScalars.append(chance.one(of: alphabet)) }
            guard let words = try Self.words(line) else { continue }
            plain += 1
            #expect(try Self.shellWords(of: line) == words, "\(line)")
        }
        #expect(plain == 60)
    }

    /// What `/bin/sh` makes of a line, one word in a line.
    private static func shellWords(of line: String) throws -> [String] {
        let pipe = try #require(popen("cd /; printf '%s\\n' \(line)", "r"))
        defer { pclose(pipe) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = fread(&buffer, 1, buffer.count, pipe)
        let lines = buffer[..<count].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return lines.dropLast().map { String(decoding: $0, as: UTF8.self) }
    }
}
