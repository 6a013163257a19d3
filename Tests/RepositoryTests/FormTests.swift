import TestSupport
import Testing

/// Rules about the form of the tree.
@Suite(.crowd)
struct FormTests {
    @Test func noSourceFileIsLongerThan300Lines() throws {
        for file in try Repository.files(below: "Sources", ending: ".swift") {
            let lines = try Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false).count
            #expect(lines <= 300, "\(file) has \(lines) lines")
        }
    }

    @Test func everyUncheckedPromiseHasItsProofBesideIt() throws {
        for file in try Repository.files(below: "Sources", ending: ".swift") {
            let lines = try Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false)
            for (index, line) in lines.enumerated()
            where line.contains("@unchecked") || line.contains("nonisolated(unsafe)") {
                let around = lines[max(0, index - 6)...index]
                #expect(around.contains { $0.contains("//") }, "\(file):\(index + 1)")
            }
        }
    }

    @Test func nothingIsLeftUndoneInWords() throws {
        let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
        for folder in ["Sources", "Tests", "Benchmarks", "scripts", "docs"] {
            for file in try Repository.files(below: folder, ending: "") where !file.contains("/.build/") {
                let text = try Repository.text(file)
                for word in words { #expect(!text.contains("\(word) ") && !text.contains("\(word):"), "\(file)") }
            }
        }
    }

    @Test(arguments: [
        "README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "LICENSE", "Makefile", ".ci/run",
        "Package.swift", "conf/monitor-config.json", "docs/architecture.md", "docs/configuration.md",
        "docs/messages.md", "docs/plugins.md", "docs/performance.md", "docs/reliability.md", "docs/recoverctl.md",
        "docs/policy.md", "docs/audit.md", "docs/access-lists.md", "conf/access-lists/mosquitto.acl",
        "docs/decisions/README.md",
    ])
    func newcomerFinds(path: String) throws {
        #expect(try !Repository.text(path).isEmpty)
    }

    @Test func everyDecisionIsInTheList() throws {
        let list = try Repository.text("docs/decisions/README.md")
        for file in try Repository.files(below: "docs/decisions", ending: ".md") where !file.hasSuffix("README.md") {
            let name = try #require(file.split(separator: "/").last)
            #expect(list.contains("(\(name))"), "\(file)")
        }
    }

    /// The library of the test helpers is built with the programs, also where there is no test library, as for the packages.
    @Test func helpersOfTestsAreBuiltWithoutTheTestLibrary() throws {
        for file in try Repository.files(below: "Tests/TestSupport", ending: ".swift") {
            let lines = try Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false)
            for (before, line) in zip(lines, lines.dropFirst()) where line.hasSuffix("import Testing") {
                #expect(before == "#if canImport(Testing)", "\(file)")
            }
            #expect(lines.first?.hasSuffix("import Testing") != true, "\(file)")
        }
    }

    @Test func makeTargetsOfThePagesExist() throws {
        let makefile = try Repository.text("Makefile")
        for page in try ["README.md", "CONTRIBUTING.md"] + Repository.files(below: "docs", ending: ".md") {
            for target in try Repository.text(page).matches(of: /make ([a-z][a-z-]+)/).map(\.1)
            where !["it", "sure", "them"].contains(target) {
                #expect(makefile.contains("\n\(target):"), "\(page) says: make \(target)")
            }
        }
    }

    @Test func linksBetweenPagesLeadSomewhere() throws {
        let pages =
            try ["README.md", "CONTRIBUTING.md", "SECURITY.md"] + Repository.files(below: "docs", ending: ".md")
        for page in pages {
            let folder = page.split(separator: "/").dropLast().joined(separator: "/")
            for link in try Repository.text(page).matches(of: /\]\(([^)#:]+)(#[^)]*)?\)/).map(\.1) {
                let path = folder.isEmpty ? String(link) : "\(folder)/\(link)"
                let exists = (try? Repository.files(below: path, ending: ""))?.isEmpty == false
                #expect(exists, "\(page) links to \(link)")
            }
        }
    }
}
