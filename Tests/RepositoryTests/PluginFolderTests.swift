import Testing

/// Everything about a plugin is in one folder, complete and registered.
@Suite struct PluginFolderTests {
    private static let headings = [
        "What it does", "Configuration", "Metrics and notifications", "MQTT messages", "Troubleshooting",
    ]

    @Test func folderIsComplete() throws {
        for plugin in try Repository.plugins() {
            for file in ["\(plugin).swift", "Configuration.swift", "README.md", "sample.json"] {
                #expect(try !Repository.text("Sources/Plugins/\(plugin)/\(file)").isEmpty, "\(plugin)/\(file)")
            }
            #expect(try !Repository.files(below: "Tests/Plugins/\(plugin)Tests", ending: ".swift").isEmpty)
        }
    }

    @Test func readmeHasItsHeadingsInOrder() throws {
        for plugin in try Repository.plugins() {
            let page = try Repository.text("Sources/Plugins/\(plugin)/README.md")
            let found = page.split(separator: "\n").filter { $0.hasPrefix("## ") }.map { String($0.dropFirst(3)) }
            #expect(found == Self.headings, "\(plugin)")
        }
    }

    @Test func readmeShowsTheSample() throws {
        for plugin in try Repository.plugins() {
            let page = try Repository.text("Sources/Plugins/\(plugin)/README.md")
            let sample = try Repository.text("Sources/Plugins/\(plugin)/sample.json")
            let shown = Snippet.all(in: page).filter { $0.kind.hasPrefix("json") }.map { $0.text + "\n" }
            #expect(shown.contains(sample), "\(plugin)")
        }
    }

    @Test func pluginIsRegistered() throws {
        let package = try Repository.text("Package.swift")
        let program = try Repository.text("Sources/recoverd-agent/Plugins.swift")
        for plugin in try Repository.plugins() {
            #expect(package.contains("\"\(plugin)\""), "\(plugin)")
            #expect(program.contains("\(plugin).self"), "\(plugin)")
        }
    }
}
