import Glibc
import TestSupport
import Testing

@testable import CommandCatalog

/// What a catalog must say about the rights of its commands, and what is said about programs that are not safe.
struct RightsTests {
    private static let two = """
        {"Services": {"s": {"commands": {
          "line": "/bin/true",
          "named": {"program": ["/bin/true"], "user": "root"}
        }}}}
        """

    @Test func commandsWithoutUserAreMistakesWhereTheUserIsRequired() throws {
        let file = try CatalogFile()
        _ = file.read(Self.two, requiresUser: true)
        #expect(file.mistakes.count == 1)
        #expect(file.mistakes.first?.contains("commands.line: needs \"user\"") == true)
        #expect(file.warnings.isEmpty)
    }

    @Test(.enabled(if: geteuid() == 0, "another user's agent runs nothing as root"))
    func commandsWithoutUserAreOneWarningElse() throws {
        let file = try CatalogFile()
        _ = file.read(Self.two.replacing("\"named\"", with: "\"other\": \"/bin/false\", \"named\""))
        #expect(file.mistakes.isEmpty)
        #expect(file.warnings.count == 1)
        #expect(file.warnings.first?.contains("2 commands run as root without saying so, such as \"line\"") == true)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
    func programThatStrangersCouldChangeIsNamed() throws {
        let file = try CatalogFile()
        try file.directory.write("#!/bin/sh\n", to: "program")
        chmod(file.directory.path("program"), 0o777)
        let program = file.directory.path("program")
        _ = file.read(
            "{\"Services\": {\"s\": {\"commands\": {\"c\": {\"program\": [\"\(program)\"], \"user\": \"root\"}}}}}")
        #expect(file.warnings.count == 1)
        #expect(file.warnings.first?.contains("may be changed by everybody; use: chmod o-w") == true)
        #expect(file.warnings.first?.hasSuffix("until then it is not executed") == true)
    }
}
