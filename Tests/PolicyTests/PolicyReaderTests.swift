import CommandCatalog
import ConfigurationReader
import JSON
import TestSupport
import Testing

@testable import Policy

/// A policy file is read strictly.
@Suite(.crowd)
struct PolicyReaderTests {
    private static let rest = #""who":"*","service":"*","command":"*""#

    @Test(arguments: [
        ("", "policy.json: the file is empty; the smallest one is {}"),
        ("allow ops web restart", "policy.json:1:5: no valid JSON: '[' or '{' expected near 'allow'"),
        ("{\"rules\":{}}", "policy.json:1:10: rules: expected an array of objects, found an object"),
        ("{\"rules\":[1]}", "policy.json:1:11: rules[0]: expected an object {…}, found the number 1"),
        ("{\"Rules\":[]}", "policy.json:1:2: Rules: unknown key; did you mean \"rules\"? Known here: rules"),
    ])
    func fileIsRefused(text: String, mistake: String) {
        let text = PolicyText(text)
        #expect(text.policy == nil)
        #expect(text.mistakes == [mistake])
    }

    @Test(arguments: [
        (#""who":"a","service":"b","command":"c""#, #"rules[0]: needs "action": one of "allow", "deny""#),
        (#""action":"permit",\#(rest)"#, #"rules[0].action: expected one of "allow", "deny", found "permit""#),
        (#""action":"Allow",\#(rest)"#, #"rules[0].action: expected one of "allow", "deny", found "Allow""#),
        (
            #""action":"allow","service":"b","command":"c""#,
            #"rules[0]: needs "who": a key, "role:NAME", "*" or "@unsigned", or an array of 1 to 100 of them"#
        ),
        (
            #""action":"allow","who":"role:","service":"b","command":"c""#,
            #"rules[0].who: expected a key, "role:NAME", "*" or "@unsigned", found "role:""#
        ),
        (
            #""action":"allow","who":"op*","service":"b","command":"c""#,
            #"rules[0].who: expected a key, "role:NAME", "*" or "@unsigned", found "op*""#
        ),
        (
            #""action":"allow","who":"*","service":"b""#,
            #"rules[0]: needs "command": a name or a pattern such as "web*", of 1 to 255 bytes without control "#
                + "characters, or an array of 1 to 100 of them"
        ),
        (
            #""action":"allow","who":"*","service":"","command":"*""#,
            #"rules[0].service: expected a name or a pattern such as "web*", of 1 to 255 bytes without control "#
                + #"characters, found """#
        ),
        (
            #""action":"allow","who":[],"service":"b","command":"c""#,
            #"rules[0].who: expected a key, "role:NAME", "*" or "@unsigned", or an array of 1 to 100 of them, "#
                + "found an array"
        ),
        (
            #""action":"allow",\#(rest),"kind":"conf""#,
            #"rules[0].kind: expected one of "command", "check", "config", "cancel", "fetch", "*", found "conf""#
        ),
        (
            #""action":"allow","who":"*","kind":"config","service":"web","command":"restart""#,
            #"rules[0].command: a "config" has no command; write a rule of its own for it"#
        ),
        (
            #""action":"allow","who":"*","kind":"cancel","parameters":{"a":1}"#,
            #"rules[0].parameters: only "command" and "check" have parameters"#
        ),
        (#""action":"allow",\#(rest),"parameters":{}"#, "rules[0].parameters: expected 1 to 32 parameters, found 0"),
        (
            #""action":"allow",\#(rest),"parameters":{"a":1.5}"#,
            "rules[0].parameters.a: expected a string, an integer or a boolean, or an array of 1 to 100 of them, "
                + "found the number 1.5"
        ),
        (
            #""action":"allow",\#(rest),"parameters":{"a":{}}"#,
            #"rules[0].parameters.a: expected one of "like" and "range""#
        ),
        (
            #""action":"allow",\#(rest),"parameters":{"a":{"like":"x","range":[1,2]}}"#,
            #"rules[0].parameters.a: expected one of "like" and "range""#
        ),
        (
            #""action":"allow",\#(rest),"parameters":{"a":{"range":[2,1]}}"#,
            "rules[0].parameters.a.range: expected the least and the greatest integer, such as [1, 100], found an array"
        ),
        (
            #""action":"allow",\#(rest),"when":{}"#,
            "rules[0].when: expected at least one of days, from, to, not_before, not_after"
        ),
        (
            #""action":"allow",\#(rest),"when":{"from":"08:00","to":"08:00"}"#,
            #"rules[0].when: "from" and "to" are the same; leave both out for the whole day"#
        ),
        (
            #""action":"allow",\#(rest),"when":{"from":"24:00"}"#,
            #"rules[0].when.from: expected a time of day in UTC such as "08:00", found "24:00""#
        ),
        (#""action":"allow",\#(rest),"when":{"days":[]}"#, "rules[0].when.days: expected at least one day"),
        (
            #""action":"allow",\#(rest),"when":{"days":["Mon"]}"#,
            #"rules[0].when.days[0]: expected one of "mon", "tue", "wed", "thu", "fri", "sat", "sun", found "Mon""#
        ),
        (
            #""action":"allow",\#(rest),"when":{"not_before":"2026-01-02T00:00:00Z","not_after":"2026-01-01T00:00:00Z"}"#,
            #"rules[0].when.not_after: "not_after" is not behind "not_before""#
        ),
        (
            #""action":"allow",\#(rest),"time":{}"#,
            "rules[0].time: unknown key; Known here: action, command, description, kind, parameters, service, when, who"
        ),
    ])
    func ruleIsRefused(rule: String, mistake: String) {
        let text = PolicyText("{\"rules\":[{\(rule)}]}")
        #expect(text.policy == nil)
        // Without file, line and column.
        #expect(text.report.mistakes.map { "\($0.path): \($0.message)" } == [mistake])
        #expect(text.report.mistakes.allSatisfy { $0.position?.line == 1 })
    }

    @Test func mistakeTellsItsPlace() {
        let text = PolicyText(
            """
            { "rules": [
              { "action": "allow", "who": "*", "service": "web",
                "comand": "restart" } ] }
            """)
        #expect(
            text.mistakes == [
                "policy.json:2:3: rules[0]: needs \"command\": a name or a pattern such as \"web*\", of 1 to 255 bytes "
                    + "without control characters, or an array of 1 to 100 of them",
                "policy.json:3:5: rules[0].comand: unknown key; did you mean \"command\"? Known here: action, command, "
                    + "description, kind, parameters, service, when, who",
            ])
    }

    @Test(arguments: ["{}", "{\"rules\":[]}"])
    func policyWithoutRulesDeniesEverythingAndWarns(text: String) throws {
        let text = PolicyText(text)
        #expect(text.warnings == ["policy.json:1:1: there are no rules; everything is denied"])
        #expect(try !#require(text.policy).verdict(on: .of()).isAllowed)
    }

    /// C22: what else stands in a policy.
    @Test func commentsAndDescriptionsAreAllowed() throws {
        let text = PolicyText(
            #"{"// why":"x","rules":[{"// note":1,"description":"d","action":"allow",\#(Self.rest)}]}"#)
        #expect(text.mistakes.isEmpty && text.warnings.isEmpty)
        #expect(text.policy?.count == 1)
    }

    @Test func numbersOfRulesAndListsAreBounded() {
        func rules(_ count: Int) -> String {
            let rule = (0..<count).map { #"{"action":"allow","who":"k\#($0)","service":"s","command":"c"}"# }
            return "{\"rules\":[\(rule.joined(separator: ","))]}"
        }
        #expect(PolicyText(rules(PolicyReader.mostRules)).policy?.count == PolicyReader.mostRules)
        let tooMany = PolicyText(rules(PolicyReader.mostRules + 1))
        #expect(tooMany.policy == nil)
        #expect(tooMany.mistakes == ["policy.json:1:10: rules: has 1001 rules; at most 1000 are read"])
        let list = (0...100).map { "\"s\($0)\"" }.joined(separator: ",")
        let text = PolicyText(#"{"rules":[{"action":"allow","who":"a","service":[\#(list)],"command":"c"}]}"#)
        #expect(text.mistakes.count == 1)
    }

    @Test func fileOfOthersIsRefused() throws {
        let directory = try TemporaryDirectory()
        let text = #"{"rules":[{"action":"allow",\#(Self.rest)}]}"#
        let report = ConfigurationReport()
        #expect(PolicyReader.read(try directory.write(text, to: "good"), report: report)?.count == 1)
        #expect(report.mistakes.isEmpty)
        #expect(PolicyReader.read(try directory.write(text, to: "bad", mode: 0o620), report: report) == nil)
        #expect(PolicyReader.read(directory.path("none"), report: report) == nil)
        #expect(
            report.mistakes.map(\.message) == [
                "may be written by group or others; use: chmod go-w",
                "cannot be opened: No such file or directory",
            ])
    }
}
