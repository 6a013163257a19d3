internal import CommandCatalog
internal import ConfigurationReader
internal import JSON

extension PolicyRule {
    /// Reads a rule.
    ///
    /// - `action` (needed): `"allow"` or `"deny"`.
    /// - `who` (needed): a key, `"role:NAME"`, `"*"` for every key, `"@unsigned"`, or an array of these.
    /// - `kind` (`"command"`): `"command"`, `"check"`, `"config"`, `"cancel"`, `"fetch"`, `"*"` for the first two, or an array.
    /// - `service` (needed but for `cancel` and `fetch`): a name, a pattern with `*`, or an array; `*` does not cover `agent`.
    /// - `command` (needed for `command` and `check`): a name, a pattern with `*`, or an array.
    /// - `parameters` (object): see ``ParameterConstraint``.
    /// - `when` (object): see ``RuleHours``.
    /// - `description` (string): for people.
    init?(_ section: ConfigurationSection) {
        _ = section.value("description", .text)
        let action = section.required("action", .choice([("allow", Action.allow), ("deny", .deny)]))
        let who = section.required("who", .senders)
        let kinds = section.value("kind", .kinds, default: [.command])
        parameters = ParameterConstraint.readAll(from: section)
        hours = section.section("when").map(RuleHours.init)
        let namesTask = !kinds.isDisjoint(with: PolicyKind.coveredByStar)
        let isAboutTask = kinds.isSubset(of: [.cancel, .fetch])
        let services = Self.names(
            "service", in: section, isNeeded: !isAboutTask, reserved: CommandCatalog.reservedService)
        let commands = Self.names("command", in: section, isNeeded: namesTask, reserved: nil)
        guard let action, let who, let services, let commands else { return nil }
        self.action = action
        self.who = who
        self.kinds = kinds
        self.services = services
        self.commands = commands
        line = section.position.line
        check(section)
    }

    private static func names(
        _ key: String, in section: ConfigurationSection, isNeeded: Bool, reserved: String?
    ) -> NamePatterns? {
        let patterns = isNeeded ? section.required(key, .patterns) : section.value(key, .patterns)
        if let patterns { return NamePatterns(patterns: patterns, reserved: reserved) }
        guard !isNeeded, section[key] == nil, let all = NamePattern("*") else { return nil }
        return NamePatterns(patterns: [all], reserved: reserved)
    }

    /// What does not go together.
    private func check(_ section: ConfigurationSection) {
        if kinds.contains(.config), commands.patterns.map(\.text) != ["*"] {
            section.mistake("a \"config\" has no command; write a rule of its own for it", at: "command")
        }
        if !parameters.isEmpty, !kinds.isSubset(of: PolicyKind.coveredByStar) {
            section.mistake("only \"command\" and \"check\" have parameters", at: "parameters")
        }
    }
}

extension ConfigurationValue {
    /// One of a kind, or an array of 1 to 100.
    fileprivate static func oneOrMore<Element>(_ kind: ConfigurationValue<Element>) -> Self where Value == [Element] {
        Self("\(kind.expected), or an array of 1 to 100 of them") { (json) throws(ConfigurationValueError) in
            guard let elements = json.array else { return [try kind.decoded(json)] }
            guard (1...100).contains(elements.count) else { throw .unexpected }
            var values: [Element] = []
            for element in elements { values.append(try kind.decoded(element)) }
            return values
        }
    }
}

extension ConfigurationValue where Value == [NamePattern] {
    fileprivate static var patterns: Self {
        oneOrMore(
            .parsed(
                "a name or a pattern such as \"web*\", of 1 to 255 bytes without control characters", NamePattern.init))
    }
}

extension ConfigurationValue where Value == Set<PolicyKind> {
    fileprivate static var kinds: Self {
        let words: [(String, Set<PolicyKind>)] = PolicyKind.allCases.map { ($0.rawValue, [$0]) }
        let all = ConfigurationValue<[Set<PolicyKind>]>.oneOrMore(.choice(words + [("*", PolicyKind.coveredByStar)]))
        return Self(all.expected) { (json) throws(ConfigurationValueError) in
            try all.decoded(json).reduce(into: []) { $0.formUnion($1) }
        }
    }
}

extension ConfigurationValue where Value == SenderPattern {
    fileprivate static var senders: Self {
        let all = ConfigurationValue<[SenderPattern]>.oneOrMore(
            .parsed("a key, \"role:NAME\", \"*\" or \"@unsigned\"", SenderPattern.init))
        return Self(all.expected) { (json) throws(ConfigurationValueError) in
            try all.decoded(json).reduce(into: SenderPattern()) { $0.add($1) }
        }
    }
}

extension SenderPattern {
    fileprivate init?(_ text: String) {
        if text == "*" {
            hasEveryKey = true
        } else if text == Self.unsignedWord {
            hasUnsigned = true
        } else if text.utf8.starts(with: Self.rolePrefix.utf8) {
            guard let role = Self.word(text.dropFirst(Self.rolePrefix.count)) else { return nil }
            roles = [role]
        } else {
            guard let key = Self.word(text[...]) else { return nil }
            keys = [key]
        }
    }

    /// Letters, digits, `.`, `_` and `-`: a star or a colon in here would be a mistake.
    private static func word(_ text: Substring) -> Name? {
        text.utf8.allSatisfy(isWordByte) ? Name(String(text)) : nil
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }

    fileprivate mutating func add(_ other: SenderPattern) {
        hasEveryKey = hasEveryKey || other.hasEveryKey
        hasUnsigned = hasUnsigned || other.hasUnsigned
        keys += other.keys
        roles += other.roles
    }
}

extension ParameterConstraint {
    /// How many parameters a rule may look at.
    private static let mostConstraints = 32

    /// Reads the `parameters` of a rule: to each name a value, an array of values, `{"like": …}` or `{"range": [1, 9]}`.
    fileprivate static func readAll(from rule: ConfigurationSection) -> [ParameterConstraint] {
        guard let section = rule.section("parameters") else { return [] }
        let names = section.names()
        guard (1...mostConstraints).contains(names.count) else {
            for name in names { section.allow(name) }
            section.mistake("expected 1 to \(mostConstraints) parameters, found \(names.count)")
            return []
        }
        return names.compactMap { name in constraint(name, in: section) }
    }

    private static func constraint(_ text: String, in section: ConfigurationSection) -> ParameterConstraint? {
        guard let name = Name(text) else {
            section.allow(text)
            section.mistake("expected a name of 1 to 255 bytes without control characters", at: text)
            return nil
        }
        guard section[text]?.object != nil, let object = section.section(text) else {
            return section.value(text, .values).map { ParameterConstraint(name: name, kind: .values($0)) }
        }
        let like = object.value("like", .patterns).map(Kind.like)
        let range = object.value("range", .range).map(Kind.range)
        guard object.names().count == 1 else {
            object.mistake("expected one of \"like\" and \"range\"")
            return nil
        }
        return (like ?? range).map { ParameterConstraint(name: name, kind: $0) }
    }
}

extension ConfigurationValue where Value == [String] {
    fileprivate static var values: Self {
        oneOrMore(
            ConfigurationValue<String>("a string, an integer or a boolean") { (json) throws(ConfigurationValueError) in
                guard let text = ParameterConstraint.text(json) else { throw .unexpected }
                return text
            })
    }
}

extension ConfigurationValue where Value == ClosedRange<Int64> {
    fileprivate static var range: Self {
        Self("the least and the greatest integer, such as [1, 100]") { (json) throws(ConfigurationValueError) in
            guard let bounds = json.array, bounds.count == 2, let least = bounds[0].integer,
                let greatest = bounds[1].integer, least <= greatest
            else { throw .unexpected }
            return least...greatest
        }
    }
}
