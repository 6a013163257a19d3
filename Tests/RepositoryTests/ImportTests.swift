import TestSupport
import Testing

/// Imports point one way, as `docs/architecture.md` says.
@Suite(.crowd)
struct ImportTests {
    /// Modules that are not ours: the toolchain's and those of the packages that we depend on.
    private static let foreign: Set<String> = [
        "Glibc", "Synchronization", "Logging", "ServiceLifecycle", "UnixSignals", "ArgumentParser", "Dispatch",
        "FoundationEssentials",
    ]

    @Test func modulesImportOnlyWhatTheTableAllows() throws {
        let table = try table()
        for file in try Repository.files(below: "Sources", ending: ".swift") {
            let module = module(of: file)
            let allowed = try #require(table[module], "\(module) has no row in docs/architecture.md")
            for name in try imports(of: file) where !Self.foreign.contains(name) {
                #expect(allowed.contains(name), "\(file) imports \(name)")
            }
        }
    }

    @Test func everyDoorToCHasOneImporter() throws {
        var importers: [String: Set<String>] = [:]
        for file in try Repository.files(below: "Sources", ending: ".swift") {
            for name in try imports(of: file) where name != "CSystem" && name.prefix(2).allSatisfy(\.isUppercase) {
                importers[name, default: []].insert(module(of: file))
            }
        }
        importers = importers.filter { $0.key.hasPrefix("C") }
        #expect(
            importers == [
                "CJansson": ["JSON"], "CMosquitto": ["MQTT"], "COpenSSL": ["Certificates"], "CMd": ["Digest"],
                "CSodium": ["Signatures"],
                "CSQLite": ["SQLite"], "CZlib": ["Compression"], "CRunner": ["RemoteExecutor"],
            ]
        )
    }

    @Test func nobodyImportsTheWholeOfFoundation() throws {
        for folder in ["Sources", "Tests"] {
            for file in try Repository.files(below: folder, ending: ".swift") {
                #expect(try !imports(of: file).contains("Foundation"), "\(file)")
            }
        }
    }

    /// `swift build -c release` builds these targets too, and there nothing is compiled for testing.
    @Test func whatIsBuiltForUseNeedsNoTestBuild() throws {
        for folder in ["Sources", "Fuzz", "Tests/TestSupport", "Tests/FuzzBodies", "Tests/AuditWriter"] {
            for file in try Repository.files(below: folder, ending: ".swift") {
                #expect(try !Repository.text(file).contains("\n@testable import"), "\(file)")
            }
        }
    }

    /// Module by module what it may import, from the table of the page.
    private func table() throws -> [String: Set<String>] {
        var table: [String: Set<String>] = [:]
        for line in try Repository.text("docs/architecture.md").split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
            guard cells.count == 5 else { continue }
            for module in names(in: cells[1]) { table[module] = Set(names(in: cells[3])) }
        }
        return table
    }

    private func names(in cell: Substring) -> [String] {
        cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .compactMap { $0.offset.isMultiple(of: 2) ? nil : String($0.element) }
    }

    private func module(of file: String) -> String {
        let parts = file.split(separator: "/")
        return String(parts[1] == "Plugins" ? parts[2] : parts[1])
    }

    private func imports(of file: String) throws -> [String] {
        try Repository.text(file).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let place = words.firstIndex(of: "import"), place <= 1, words.count > place + 1 else { return nil }
            guard place == 0 || ["public", "internal", "private", "package", "@testable"].contains(words[0]) else {
                return nil
            }
            return words[place + 1].split(separator: ".").first.map(String.init)
        }
    }
}
