/// What a look at one part of a host found, and what to type next.
struct Finding: Equatable {
    /// How grave it is.
    enum State: String {
        case ok
        /// It works, and will not for ever.
        case warning
        case failed
    }

    /// The part, such as `broker` or `clock`.
    let check: String
    let state: State
    /// What was found.
    let text: String
    /// The command to type next; empty where there is nothing to do.
    let next: String

    static func ok(_ check: String, _ text: String) -> Self {
        Finding(check: check, state: .ok, text: text, next: "")
    }

    static func warning(_ check: String, _ text: String, next: String) -> Self {
        Finding(check: check, state: .warning, text: text, next: next)
    }

    static func failed(_ check: String, _ text: String, next: String) -> Self {
        Finding(check: check, state: .failed, text: text, next: next)
    }
}
