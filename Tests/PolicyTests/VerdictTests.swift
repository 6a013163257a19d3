import CommandCatalog
import JSON
import TestSupport
import Testing

@testable import Policy

/// Who may ask for what.
@Suite struct VerdictTests {
    @Test func withoutARuleEverythingIsDenied() throws {
        let verdict = Policy().verdict(on: try .of())
        #expect(!verdict.isAllowed && verdict.rule == nil && verdict.line == nil)
        #expect(verdict.sentence == "denied: no rule allows command web/restart from key ops")
    }

    @Test func firstMatchDecidesAndSaysWhere() throws {
        let policy = try PolicyText.rules(
            #"{"action":"deny","who":"mallory","service":"*","command":"*"}"#,
            #"{"action":"allow","who":"*","service":"web","command":"restart"}"#,
            #"{"action":"deny","who":"*","service":"*","command":"*"}"#)
        #expect(try policy.verdict(on: .of()).sentence == "allowed by rule 2, policy.json:3")
        #expect(try policy.verdict(on: .of(key: "mallory")).sentence == "denied by rule 1, policy.json:2")
        let third = try policy.verdict(on: .of(.check))
        #expect(third.rule == nil)
        #expect(try policy.verdict(on: .of(.command, "db")).line == 4)
    }

    static let allow = #""action":"allow""#
    static let web = #""service":"web","command":"restart""#

    @Test(
        arguments: [
            // who
            (#""who":"ops",\#(web)"#, "ops", [], true), (#""who":"ops",\#(web)"#, "op", [], false),
            (#""who":"ops",\#(web)"#, nil, [], false), (#""who":"*",\#(web)"#, "ops", [], true),
            (#""who":"*",\#(web)"#, nil, [], false), (#""who":"@unsigned",\#(web)"#, nil, [], true),
            (#""who":"@unsigned",\#(web)"#, "ops", [], false), (#""who":["*","@unsigned"],\#(web)"#, nil, [], true),
            (#""who":"role:central",\#(web)"#, "ops", ["central"], true),
            (#""who":"role:central",\#(web)"#, "central", ["night"], false),
            (#""who":"central",\#(web)"#, "ops", ["central"], false),
            (#""who":["a","role:b","ops"],\#(web)"#, "ops", ["c"], true),
            (#""who":["a","role:b"],\#(web)"#, "ops", ["c", "b"], true),
            // service and command, which the request calls web and restart
            (#""who":"*","service":"*","command":"*""#, "ops", [], true),
            (#""who":"*","service":"w*","command":"re*rt""#, "ops", [], true),
            (#""who":"*","service":"WEB","command":"*""#, "ops", [], false),
            (#""who":"*","service":"web2","command":"*""#, "ops", [], false),
            (#""who":"*","service":"we","command":"*""#, "ops", [], false),
            (#""who":"*","service":["db","w**b"],"command":["status","rest*"]"#, "ops", [], true),
            (#""who":"*","service":"web","command":["status","stop"]"#, "ops", [], false),
        ] as [(String, String?, [String], Bool)])
    func whoServiceAndCommand(rule: String, key: String?, roles: [String], isAllowed: Bool) throws {
        let policy = try PolicyText.rules("{\(Self.allow),\(rule)}")
        #expect(try policy.verdict(on: .of(key: key, roles: roles)).isAllowed == isAllowed)
    }

    /// `*` never covers config, cancel, fetch and the agent's own service.
    @Test func starNeverCoversWhatMustBeNamed() throws {
        let star = try PolicyText.rules(#"{"action":"allow","who":"*","kind":"*","service":"*","command":"*"}"#)
        for kind in PolicyKind.allCases {
            #expect(try star.verdict(on: .of(kind)).isAllowed == (kind == .command || kind == .check), "\(kind)")
        }
        #expect(try !star.verdict(on: .of(.command, "agent", "ping")).isAllowed)
        let pattern = try PolicyText.rules(#"{"action":"allow","who":"*","service":["a*","*agent"],"command":"*"}"#)
        #expect(try !pattern.verdict(on: .of(.command, "agent", "ping")).isAllowed)
        #expect(try pattern.verdict(on: .of(.command, "agents", "ping")).isAllowed)
        let named = try PolicyText.rules(#"{"action":"allow","who":"*","service":"agent","command":"*"}"#)
        #expect(try named.verdict(on: .of(.command, "agent", "ping")).isAllowed)
        #expect(try !named.verdict(on: .of(.command, "agents", "ping")).isAllowed)
    }

    @Test(arguments: PolicyKind.allCases)
    func aKindThatIsNamedIsCovered(kind: PolicyKind) throws {
        let policy = try PolicyText.rules(
            #"{"action":"allow","who":"*","kind":["\#(kind.rawValue)"],"service":"*","command":"*"}"#)
        for other in PolicyKind.allCases {
            let command = other == .config ? nil : "restart"
            #expect(try policy.verdict(on: .of(other, "web", command)).isAllowed == (kind == other), "\(other)")
        }
    }

    @Test func tasksThatNobodyKnowsMayOnlyBeCancelledByRulesForAll() throws {
        let all = try PolicyText.rules(#"{"action":"allow","who":"ops","kind":["cancel","fetch"]}"#)
        #expect(try all.verdict(on: .of(.cancel, nil, nil)).isAllowed)
        #expect(try all.verdict(on: .of(.fetch, "db", "dump")).isAllowed)
        let web = try PolicyText.rules(#"{"action":"allow","who":"ops","kind":"cancel","service":"web"}"#)
        #expect(try web.verdict(on: .of(.cancel, "web", "restart")).isAllowed)
        #expect(try !web.verdict(on: .of(.cancel, nil, nil)).isAllowed)
        #expect(try !web.verdict(on: .of(.cancel, "db", "restart")).isAllowed)
    }

    @Test(
        arguments: [
            (#"{"unit":"nginx"}"#, [("unit", "nginx")], true), (#"{"unit":"nginx"}"#, [("unit", "nginx2")], false),
            (#"{"unit":"nginx"}"#, [], false), (#"{"unit":"nginx"}"#, [("unit", "nginx"), ("more", 1)], true),
            (#"{"unit":["a","b"]}"#, [("unit", "b")], true), (#"{"unit":"n*"}"#, [("unit", "nginx")], false),
            (#"{"unit":"n*"}"#, [("unit", "n*")], true), (#"{"unit":{"like":"n*"}}"#, [("unit", "nginx")], true),
            (#"{"unit":{"like":["x","n*x"]}}"#, [("unit", "nginx")], true),
            (#"{"unit":{"like":"n*"}}"#, [("unit", "xn")], false),
            // A number and its text are the same to a command.
            (#"{"lines":5}"#, [("lines", 5)], true), (#"{"lines":5}"#, [("lines", "5")], true),
            (#"{"lines":"5"}"#, [("lines", 5)], true), (#"{"hard":true}"#, [("hard", "true")], true),
            (#"{"hard":"true"}"#, [("hard", true)], true), (#"{"hard":true}"#, [("hard", false)], false),
            (#"{"lines":{"range":[1,9]}}"#, [("lines", 9)], true),
            (#"{"lines":{"range":[1,9]}}"#, [("lines", 10)], false),
            (#"{"lines":{"range":[1,9]}}"#, [("lines", "7")], true),
            (#"{"lines":{"range":[1,9]}}"#, [("lines", "07")], false),
            (#"{"lines":{"range":[1,9]}}"#, [("lines", .real(5.0))], false),
            (#"{"lines":5}"#, [("lines", .null)], false), (#"{"a":1,"b":2}"#, [("a", 1)], false),
            (#"{"a":1,"b":2}"#, [("a", 1), ("b", 2)], true),
            // Bytes, not what looks the same.
            (#"{"unit":"é"}"#, [("unit", "e\u{301}")], false),
        ] as [(String, [(String, JSONValue)], Bool)])
    func parameters(constraint: String, given: [(String, JSONValue)], isAllowed: Bool) throws {
        let policy = try PolicyText.rules(
            #"{"action":"allow","who":"*","service":"*","command":"*","parameters":\#(constraint)}"#)
        #expect(try policy.verdict(on: .of(.command, "web", "restart", given)).isAllowed == isAllowed)
    }

    @Test func aSecretParameterIsNotShown() throws {
        let policy = try PolicyText.rules(
            #"{"action":"allow","who":"*","service":"*","command":"*","parameters":{"word":"right"}}"#)
        let request = try PolicyRequest.of(.command, "web", "restart", [("word", "hunter2")])
        let texts = policy.explanation(of: request).map(\.sentence) + [policy.verdict(on: request).sentence]
        #expect(!texts.joined().contains("hunter2"))
    }

    @Test func foreignNamesAreHarmlessInSentences() throws {
        let policy = try PolicyText.rules(#"{"action":"allow","who":"*","service":"a","command":"b"}"#)
        let request = try PolicyRequest.of(.command, key: "k\u{202E}", "s\u{2028}", "c\u{200B}")
        #expect(
            policy.verdict(on: request).sentence
                == "denied: no rule allows command s\\u2028/c\\u200b from key k\\u202e")
        #expect(policy.explanation(of: request).map(\.obstacle) == ["service: s\\u2028 is none of a"])
    }

    @Test func everyRuleIsExplained() throws {
        let policy = try PolicyText.rules(
            #"{"action":"deny","who":"role:guests","service":"*","command":"*"}"#,
            #"{"action":"allow","who":"ops","kind":"config","service":"web"}"#,
            #"{"action":"allow","who":"ops","service":["a*","db"],"command":"*"}"#,
            #"{"action":"allow","who":"ops","service":"web","command":"status"}"#,
            #"{"action":"allow","who":"ops","service":"web","command":"*","parameters":{"hard":true}}"#,
            #"{"action":"allow","who":"ops","service":"web","command":"*","when":{"days":["sat"],"to":"08:00"}}"#,
            #"{"action":"allow","who":"ops","service":"web","command":"*"}"#,
            #"{"action":"deny","who":"*","service":"*","command":"*"}"#)
        let request = try PolicyRequest.of(roles: ["central"])
        let explanation = policy.explanation(of: request)
        #expect(
            explanation.map(\.sentence) == [
                "rule 1, policy.json:2, deny: who: key ops (role:central) is none of role:guests",
                "rule 2, policy.json:3, allow: kind: command is none of config",
                "rule 3, policy.json:4, allow: service: web is none of a*, db",
                "rule 4, policy.json:5, allow: command: restart is none of status",
                "rule 5, policy.json:6, allow: parameters: hard is not there",
                "rule 6, policy.json:7, allow: when: mon 12:00, 2026-11-23T12:00:00Z, is outside sat 00:00 to 08:00",
                "rule 7, policy.json:8, allow: matches", "rule 8, policy.json:9, deny: matches, but rule 7 comes first",
            ])
        #expect(explanation.map(\.isDeciding) == [false, false, false, false, false, false, true, false])
        #expect(policy.verdict(on: request).rule == 7)
        let star = try PolicyText.rules(#"{"action":"allow","who":"*","service":"*","command":"*"}"#)
        #expect(
            try star.explanation(of: .of(.command, "agent", "ping")).map(\.obstacle)
                == ["service: agent is none of *; it must be named"])
    }
}
