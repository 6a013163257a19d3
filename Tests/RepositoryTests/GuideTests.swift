import TestSupport
import Testing

/// The Swift of `docs/plugins.md` is that of the example, which is compiled and tested.
@Suite struct GuideTests {
    @Test func everySwiftSnippetStandsInTheExample() throws {
        let sources = try Repository.files(below: "Tests/PluginTestingTests/Example", ending: ".swift")
            .map(Repository.text).joined()
        let snippets = try Snippet.all(in: Repository.text("docs/plugins.md")).filter { $0.kind == "swift" }
        #expect(snippets.count == 3)
        for snippet in snippets { #expect(sources.contains(snippet.text), "\(snippet.text.prefix(80))") }
    }
}
