import CommandCatalog
import ConfigurationReader
import JSON
import TestSupport
import Testing

@testable import Policy

/// Random rules and requests against an evaluation that is as plain as can be.
@Suite(.crowd)
struct PolicyPropertyTests {
    @Test(arguments: SeededGenerator.seeds)
    func verdictIsThatOfTheFirstRuleThatMatches(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        var decided: [Int: Int] = [:]
        for _ in 0..<150 {
            let rules = (0..<chance.number(below: 8)).map { _ in PlainRule(&chance) }
            let text = PolicyText("{\"rules\":[\n" + rules.map(\.json.text).joined(separator: ",\n") + "\n]}")
            let policy = try #require(text.policy, "\(text.mistakes)")
            for _ in 0..<40 {
                let request = try PlainRule.request(&chance)
                let expected = rules.firstIndex { $0.matches(request) }
                let verdict = policy.verdict(on: request)
                #expect(verdict.rule == expected.map { $0 + 1 }, "\(rules.map(\.json.text)) \(request)")
                #expect(verdict.line == expected.map { $0 + 2 })
                #expect(verdict.isAllowed == expected.map { rules[$0].isAllowing } ?? false)
                let explanation = policy.explanation(of: request)
                #expect(explanation.map { $0.obstacle == nil } == rules.map { $0.matches(request) })
                #expect(explanation.firstIndex(where: \.isDeciding) == expected)
                decided[expected ?? -1, default: 0] += 1
                // A rule that is said never to match never decides.
                let covered = text.report.warnings.filter { $0.message.hasPrefix("never matches: rule") }
                    .compactMap { $0.position.map { $0.line - 1 } }
                #expect(!covered.contains(verdict.rule ?? 0))
            }
        }
        #expect(decided.count > 4, "the rules decide too seldom to say anything: \(decided)")
    }

    /// Whoever turns the order of two rules that differ in action changes what they both match, and nothing else.
    @Test(arguments: SeededGenerator.seeds)
    func orderDecidesWhereBothMatch(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            var (first, second) = (PlainRule(&chance), PlainRule(&chance))
            (first.isAllowing, second.isAllowing) = (true, false)
            let (there, back) = (
                try PolicyText.rules(first.json.text, second.json.text),
                try PolicyText.rules(second.json.text, first.json.text)
            )
            let request = try PlainRule.request(&chance)
            let both = first.matches(request) && second.matches(request)
            #expect((there.verdict(on: request).isAllowed != back.verdict(on: request).isAllowed) == both)
        }
    }

    /// A pattern against a recursion that tries everything.
    @Test(arguments: SeededGenerator.seeds)
    func patternMatchesWhatTryingEverythingMatches(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        for _ in 0..<3000 {
            let pattern = String((0..<(1 + chance.number(below: 6))).map { _ in chance.one(of: Array("ab**")) })
            let value = String((0..<chance.number(below: 8)).map { _ in chance.one(of: Array("ab")) })
            let other = String((0..<(1 + chance.number(below: 5))).map { _ in chance.one(of: Array("ab*")) })
            let found = try #require(NamePattern(pattern))
            #expect(found.matches(value) == PlainRule.like(pattern[...], value[...]), "\(pattern) \(value)")
            // What covers a pattern matches everything that the pattern matches.
            if found.covers(try #require(NamePattern(other))), PlainRule.like(other[...], value[...]) {
                #expect(found.matches(value), "\(pattern) covers \(other)")
            }
        }
    }

    @Test func longestPatternEndsSoon() throws {
        let pattern = try #require(NamePattern(String(repeating: "*a", count: 127)))
        #expect(!pattern.matches(String(repeating: "a", count: 4096) + "b"))
    }
}

/// A rule as it is written, and what it means, spelt out.
private struct PlainRule {
    var isAllowing: Bool
    let who: [String]
    let kinds: [String]
    let services: [String]
    let commands: [String]
    let lines: [Int]?
    let hours: (days: [Int], from: Int, to: Int)?

    private static let names = ["agent", "web", "web2", "db"]
    private static let patterns = ["agent", "web", "web*", "db", "*", "*b", "a*"]

    init(_ chance: inout SeededGenerator) {
        isAllowing = chance.happens(onceIn: 2)
        who = Self.some(of: ["*", "@unsigned", "ops", "night", "role:r1", "role:r2"], &chance)
        let given = Self.some(of: ["command", "check", "cancel", "fetch", "*"], &chance)
        kinds = chance.happens(onceIn: 3) ? ["command"] : given
        services = Self.some(of: Self.patterns, &chance)
        commands = Self.some(of: Self.patterns, &chance)
        let isAboutTask = Set(kinds).isSubset(of: ["command", "check", "*"])
        lines = isAboutTask && chance.happens(onceIn: 4) ? [1, 2] : nil
        let from = chance.number(below: 1440)
        let to = (from + 1 + chance.number(below: 1438)) % 1440
        hours = chance.happens(onceIn: 4) ? (Self.some(of: Array(0..<7), &chance), from, to) : nil
    }

    private static func some<Element>(of all: [Element], _ chance: inout SeededGenerator) -> [Element] {
        (0..<(1 + chance.number(below: 3))).map { _ in chance.one(of: all) }
    }

    var json: JSONValue {
        func list(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }
        var object: JSONObject = [
            "action": isAllowing ? "allow" : "deny", "who": list(who), "kind": list(kinds), "service": list(services),
            "command": list(commands),
        ]
        if let lines { object["parameters"] = ["lines": .array(lines.map { .integer(Int64($0)) })] }
        if let hours {
            let days = hours.days.map { WeekTime.dayNames[$0] }
            object["when"] = [
                "days": list(days), "from": .string(WeekTime.text(minute: hours.from)),
                "to": .string(WeekTime.text(minute: hours.to)),
            ]
        }
        return .object(object)
    }

    static func request(_ chance: inout SeededGenerator) throws -> PolicyRequest {
        let kind = chance.one(of: [PolicyKind.command, .command, .check, .cancel, .fetch])
        let isUnknown = [.cancel, .fetch].contains(kind) && chance.happens(onceIn: 3)
        return try PolicyRequest.of(
            kind, key: chance.one(of: ["ops", "night", "other", nil]),
            roles: chance.one(of: [[], ["r1"], ["r2", "r3"]]),
            isUnknown ? nil : chance.one(of: names), isUnknown ? nil : chance.one(of: names),
            chance.happens(onceIn: 2) ? [("lines", chance.one(of: [1, "2", 3, true]))] : [],
            at: chance.happens(onceIn: 8)
                ? nil : PolicyText.monday + .seconds(60 * chance.number(below: 7 * 1440)))
    }

    func matches(_ request: PolicyRequest) -> Bool {
        isMeant(request.sender) && isMeant(request.kind)
            && services.contains { Self.covers($0, request.service?.text, isService: true) }
            && commands.contains { Self.covers($0, request.command?.text, isService: false) }
            && hasLines(request) && holds(request.time)
    }

    private func isMeant(_ sender: PolicyRequest.Sender) -> Bool {
        guard case .key(let key, let roles) = sender else { return who.contains("@unsigned") }
        return who.contains("*") || who.contains(key.text) || roles.contains { who.contains("role:\($0)") }
    }

    private func isMeant(_ kind: PolicyKind) -> Bool {
        kinds.contains(kind.rawValue) || (kinds.contains("*") && (kind == .command || kind == .check))
    }

    private static func covers(_ pattern: String, _ name: String?, isService: Bool) -> Bool {
        guard let name else { return pattern == "*" }
        if isService, name == "agent" { return pattern == "agent" }
        return like(pattern[...], name[...])
    }

    private func hasLines(_ request: PolicyRequest) -> Bool {
        guard let lines else { return true }
        switch request.parameters.first(where: { $0.key.text == "lines" })?.value {
        case .integer(let number): return lines.contains(Int(number))
        case .string(let text): return lines.map(String.init).contains(text)
        default: return false
        }
    }

    /// Minute by minute from the beginning of each day that is named.
    private func holds(_ time: Timestamp?) -> Bool {
        guard let hours else { return true }
        guard let time else { return !isAllowing }
        // The week of `monday` begins twelve hours before it.
        let minute = Int((time.nanoseconds - PolicyText.monday.nanoseconds) / 60_000_000_000) + 720
        let length = (hours.to - hours.from + 1440) % 1440
        return hours.days.contains { day in
            let start = day * 1440 + hours.from
            return (0..<length).contains { (start + $0) % 10_080 == minute % 10_080 }
        }
    }

    static func like(_ pattern: Substring, _ value: Substring) -> Bool {
        guard let first = pattern.first else { return value.isEmpty }
        if first == "*" {
            return like(pattern.dropFirst(), value) || (!value.isEmpty && like(pattern, value.dropFirst()))
        }
        return value.first == first && like(pattern.dropFirst(), value.dropFirst())
    }
}
