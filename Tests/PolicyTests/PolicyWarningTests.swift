import CommandCatalog
import ConfigurationReader
import JSON
import TestSupport
import Testing

@testable import Policy

/// What is noticed when a policy is loaded.
@Suite struct PolicyWarningTests {
    @Test(arguments: [
        // Two rules, without action; whether the second can never match.
        (#""who":"*","service":"*","command":"*""#, #""who":"a","service":"b","command":"c""#, true),
        (#""who":"a","service":"b","command":"c""#, #""who":"a","service":"b","command":"c""#, true),
        (#""who":["a","b"],"service":"*","command":"*""#, #""who":"b","service":"*","command":"*""#, true),
        (#""who":"a","service":"*","command":"*""#, #""who":["a","b"],"service":"*","command":"*""#, false),
        (#""who":"*","service":"*","command":"*""#, #""who":"@unsigned","service":"*","command":"*""#, false),
        (#""who":"role:r","service":"*","command":"*""#, #""who":"a","service":"*","command":"*""#, false),
        (#""who":"*","service":"*","command":"*""#, #""who":"role:r","service":"*","command":"*""#, true),
        (#""who":"*","service":"*","command":"*""#, #""who":"*","service":"agent","command":"*""#, false),
        (#""who":"*","service":"agent","command":"*""#, #""who":"*","service":"agent","command":"ping""#, true),
        (#""who":"*","service":"*","command":"*""#, #""who":"*","kind":"config","service":"b""#, false),
        (
            #""who":"*","kind":"*","service":"*","command":"*""#,
            #""who":"*","kind":"check","service":"b","command":"c""#, true
        ),
        (#""who":"*","service":"w*b*","command":"*""#, #""who":"*","service":"wx*bar","command":"c""#, true),
        (#""who":"*","service":"wx*bar","command":"*""#, #""who":"*","service":"w*b*","command":"c""#, false),
        (
            #""who":"*","service":"*","command":"*","parameters":{"a":1}"#, #""who":"*","service":"*","command":"*""#,
            false
        ),
        (
            #""who":"*","service":"*","command":"*","parameters":{"a":[1,2]}"#,
            #""who":"*","service":"*","command":"*","parameters":{"a":"2","b":1}"#, true
        ),
        (
            #""who":"*","service":"*","command":"*","parameters":{"a":{"range":[1,9]}}"#,
            #""who":"*","service":"*","command":"*","parameters":{"a":{"range":[2,10]}}"#, false
        ),
        (
            #""who":"*","service":"*","command":"*","when":{"to":"08:00"}"#,
            #""who":"*","service":"*","command":"*""#, false
        ),
        (
            #""who":"*","service":"*","command":"*","when":{"to":"08:00"}"#,
            #""who":"a","service":"*","command":"*","when":{"to":"08:00"}"#, true
        ),
    ])
    func ruleThatCanNeverMatchIsTold(first: String, second: String, isCovered: Bool) {
        let text = PolicyText("{\"rules\":[\n{\"action\":\"allow\",\(first)},\n{\"action\":\"allow\",\(second)}\n]}")
        #expect(text.mistakes.isEmpty)
        let warning = "policy.json:3:1: rules[1]: never matches: rules[0], in line 2, matches all of it before"
        #expect(text.warnings == (isCovered ? [warning] : []))
    }

    @Test func ruleWhoseTimeIsOverIsTold() {
        let rule =
            #"{"action":"deny","who":"a","service":"b","command":"c","when":{"not_after":"2026-11-23T12:00:00Z"}}"#
        let text = PolicyText("{\"rules\":[\(rule)]}")
        #expect(
            text.warnings == ["policy.json:1:11: rules[0]: never matches: its time ended at 2026-11-23T12:00:00Z"])
        #expect(PolicyText("{\"rules\":[\(rule)]}", at: PolicyText.monday + .seconds(-1)).warnings.isEmpty)
    }

    @Test(
        arguments: [
            (#""service":"nginx","command":"restart""#, nil), (#""service":"*","command":"*""#, nil),
            (#""service":"agent","command":"whatever""#, nil), (#""service":"ng*","command":"re*""#, nil),
            (#""service":"nginx","command":"errors","parameters":{"lines":5}"#, nil),
            (
                #""service":"ngnix","command":"restart""#,
                "no service of the catalog is \"ngnix\"; did you mean \"nginx\"?"
            ),
            (#""service":"x*","command":"restart""#, "no service of the catalog is \"x*\""),
            (
                #""service":["nginx","hello"],"command":["exec","restrat"]"#,
                "no service that it is about has a command \"restrat\"; did you mean \"restart\"?"
            ),
            (#""service":"hello","command":"restart""#, "no service that it is about has a command \"restart\""),
            (
                #""service":"nginx","command":"*","parameters":{"line":5}"#,
                "no command that it is about has a parameter \"line\""
            ),
            (#""service":"nginx","kind":"cancel","command":"whatever""#, nil),
        ] as [(String, String?)])
    func namesThatTheCatalogDoesNotHaveAreTold(rule: String, warning: String?) throws {
        let report = ConfigurationReport()
        let services = """
            {"Services":{"nginx":{"commands":{"restart":"/bin/true","errors":{"program":["/bin/true","{lines}"],\
            "parameters":{"lines":{"type":"integer"}}}}},"hello":{"commands":{"exec":"/bin/true"}}}}
            """
        let document = try #require(ConfigurationDocument(file: "x", text: Array(services.utf8), report: report))
        // That they run as root is another warning.
        let catalog = CatalogReader.read(document.root, defaults: CommandDefaults(timeout: .seconds(1)))
        let before = report.warnings.count
        let text = PolicyText("{\"rules\":[\n{\"action\":\"allow\",\"who\":\"*\",\(rule)}]}")
        try #require(text.policy).reportUnknownNames(against: catalog, to: report)
        #expect(report.mistakes.isEmpty && text.mistakes.isEmpty)
        let warnings = report.warnings.dropFirst(before)
        #expect(warnings.map(\.message) == [warning].compactMap { $0 })
        #expect(warnings.allSatisfy { $0.position?.line == 2 && "\($0.path)" == "rules[0]" })
    }
}
