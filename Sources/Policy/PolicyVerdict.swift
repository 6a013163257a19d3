/// What the policy says to a request, and which rule says it.
public struct PolicyVerdict: Sendable, Equatable {
    /// Whether it may be done.
    public let isAllowed: Bool
    /// The number of the rule that decided, from 1; `nil` when no rule matched, which denies.
    public let rule: Int?
    /// The line of the file on which that rule begins.
    public let line: Int?
    /// `denied by rule 3, policy.json:17`; one line without harmful characters.
    public let sentence: String
}

/// Why a rule decides over a request, or why it does not.
public struct PolicyExplanation: Sendable, Equatable {
    /// The number of the rule, from 1.
    public let rule: Int
    /// The line of the file on which the rule begins.
    public let line: Int
    /// Whether the rule says what is done: it is the first that matches.
    public let isDeciding: Bool
    /// The first reason why it does not match; `nil` when it does.
    public let obstacle: String?
    /// `rule 2, policy.json:9, allow: service: db is none of web, mail*`; one line without harmful characters.
    public let sentence: String
}
