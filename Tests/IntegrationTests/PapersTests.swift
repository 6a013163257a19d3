import Glibc
import JSON
import TestSupport
import Testing

/// The manual pages and completions, made as `make install` makes them, and used by the shells they are for.
@Suite(.crowd)
struct PapersTests {
    private let directory: TemporaryDirectory
    private let bin = String(Programs.agent.dropLast("/recoverd-agent".count))

    init() throws {
        directory = try TemporaryDirectory()
        try ChildProgram.run("\(Page.root)/scripts/papers/papers.py", bin, directory.path("papers"))
        mkdir(directory.path("cache"), 0o700)
        mkdir(directory.path("cache/recoverd"), 0o700)
        try directory.write(
            """
            {"v": 1, "hosts": {"web01": {"nginx": ["reload", "restart"], "disk": ["clean"]}, "web02": {"app": ["go"]}}}
            """, to: "cache/recoverd/names.json")
    }

    /// What a shell offers for what was typed so far; the last word is the one that is being typed.
    private func offered(_ shell: String, _ words: [String]) throws -> Set<String> {
        let ended = try Ended.running(
            script(shell, words),
            environment: ["PATH": "\(bin):/usr/bin:/bin", "XDG_CACHE_HOME": directory.path("cache")])
        #expect(ended.errors == "", "\(shell) \(words)")
        // fish says behind a tab what a word means.
        return Set(ended.output.split(separator: "\n").map { String($0.prefix { $0 != "\t" && $0 != ":" }) })
    }

    private func script(_ shell: String, _ words: [String]) -> [String] {
        let program = words[0]
        let file = directory.path("papers")
        let quoted = words.map { "'\($0)'" }.joined(separator: " ")
        switch shell {
        case "bash":
            return [
                "/bin/bash", "--norc", "-c",
                """
                compopt() { :; }
                source \(file)/bash/\(program)
                COMP_WORDS=(\(quoted)) COMP_CWORD=\(words.count - 1)
                _\(program.replacing("-", with: "_"))
                printf '%s\\n' "${COMPREPLY[@]}"
                """,
            ]
        case "zsh":
            // The words of the shell itself are for its line editor; what is asked of them is printed.
            return [
                "/usr/bin/zsh", "-f", "-c",
                """
                compadd() { shift; print -l -- "$@"; }
                _describe() { print -l -- "${(@P)2}"; }
                words=(\(quoted)) CURRENT=\(words.count) PREFIX='\(words.last ?? "")'
                source \(file)/zsh/_\(program)
                (( ${+functions[_\(program)]} )) && true
                """,
            ]
        default:
            return [
                "/usr/bin/fish", "--no-config", "-c",
                "source \(file)/fish/\(program).fish; complete -C '\(words.joined(separator: " "))'",
            ]
        }
    }

    private static let typed: [(words: [String], offered: Set<String>)] = [
        (["send-command", "--to", ""], ["web01", "web02"]),
        (["send-command", "--to", "web01", ""], ["nginx", "disk"]),
        (["send-command", "--to", "web01", "nginx", ""], ["reload", "restart"]),
        (["send-command", "--reason", "nginx", "--to", "web01", "disk", ""], ["clean"]),
        (["send-command", ""], ["nginx", "disk", "app"]),
        (["send-command", "--qos", ""], ["0", "1", "2"]),
        (["recoverctl", "ping", ""], ["web01", "web02"]),
        (["recoverctl", "ping", "web01", ""], ["web01", "web02"]),
        (["recoverctl", "hosts", ""], ["list", "trust", "cache"]),
        (["recoverctl", "config", "history", "--to", "web02", ""], ["app"]),
        (["recoverd-agent", ""], ["run", "join", "check", "plugins", "sample"]),
    ]

    @Test(arguments: ["bash", "zsh", "fish"], typed) func shellOffersWhatThereIs(
        shell: String, typed: (words: [String], offered: Set<String>)
    ) throws {
        var found = try offered(shell, typed.words)
        // Files are offered beside what a program knows, and fish offers its own help.
        if typed.offered.isDisjoint(with: ["0", "list", "run"]) == false { found = found.intersection(typed.offered) }
        #expect(found == typed.offered, "\(shell) \(typed.words)")
    }

    @Test(arguments: ["bash", "zsh", "fish"]) func everyOptionIsOffered(shell: String) throws {
        for program in ["send-command", "send-config"] {
            let help = try Ended.running(["\(bin)/\(program)", "--help"]).output
            let options = Set(help.matches(of: #/(--[a-z][a-z-]+)/#).map { String($0.1) })
            #expect(options.count > 5)
            #expect(try offered(shell, [program, "--"]).isSuperset(of: options), "\(shell) \(program)")
        }
    }

    /// With every subcommand and every option, and nothing that groff warns of.
    @Test(arguments: ["recoverd-agent.8", "send-command.1", "send-config.1", "replace-config.1", "recoverctl.1"])
    func pageHasEveryOption(page: String) throws {
        let program = String(page.prefix { $0 != "." })
        let text = try manual(page)
        for words in try commands([program]) {
            let help = try Ended.running(["\(bin)/\(words[0])"] + words.dropFirst() + ["--help"]).output
            for option in Set(help.matches(of: #/(--[a-z][a-z-]+)/#).map { String($0.1) }) {
                #expect(text.contains(option), "\(words.joined(separator: " ")) \(option)")
            }
            #expect(text.contains(words.joined(separator: " ")))
        }
    }

    @Test func pageOfTheConfigurationHasEveryKey() throws {
        let text = try manual("monitor-config.json.5")
        let rows = try Page("docs/configuration.md").text.split(separator: "\n").filter { $0.hasPrefix("| `") }
        #expect(rows.count > 40)
        for row in rows {
            for key in row.dropFirst(2).prefix(while: { $0 != "|" }).matches(of: #/`([A-Za-z_]+)`/#) {
                #expect(text.contains(String(key.1)), "\(key.1)")
            }
        }
        #expect(try manual("recoverd-runner.8").contains("recoverd-runner"))
    }

    /// A page as a reader sees it.
    private func manual(_ page: String) throws -> String {
        let ended = try Ended.running(
            ["/usr/bin/man", "--warnings", "--encoding=UTF-8", "--local-file", directory.path("papers/man/\(page)")],
            environment: ["MANWIDTH": "200", "LC_ALL": "C.UTF-8", "MANROFFOPT": "-c", "MANPAGER": "/bin/cat"])
        #expect(ended.status == 0 && ended.errors == "", "\(page): \(ended.errors)")
        // Bold and underlined letters are written over each other; and a hyphen may be a typographic one.
        return ended.output.replacing(#/.\u{8}/#, with: "").replacing("\u{2010}", with: "-")
    }

    /// A program and all of its subcommands, by their words.
    private func commands(_ words: [String]) throws -> [[String]] {
        let help = try Ended.running(["\(bin)/\(words[0])"] + words.dropFirst() + ["--help"]).output
        guard let start = help.firstRange(of: "SUBCOMMANDS:\n") else { return [words] }
        let names = help[start.upperBound...].split(separator: "\n").compactMap { line in
            line.hasPrefix("  ") && !line.hasPrefix("   ") && !line.hasPrefix("  See")
                ? line.split(separator: " ").first.map(String.init) : nil
        }
        return try [words] + names.flatMap { try commands(words + [$0]) }
    }
}
