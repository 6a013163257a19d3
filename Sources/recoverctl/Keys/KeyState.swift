import CommandCatalog
import Signatures

/// How a trusted key is, in the order in which they are shown.
enum KeyState: Equatable {
    case notYet
    /// It is valid, and not for long: so many days, rounded down.
    case ending(days: Int)
    case valid
    case expired
    case revoked

    /// Within so many days an end is near.
    static let soon = 30

    /// How a key is at a time.
    init(_ key: TrustedKey, at now: Timestamp) {
        switch KeyRing([key]).verdict(on: key.id, algorithm: key.algorithm, at: now) {
        case .revoked: self = .revoked
        case .notYetValid: self = .notYet
        case .expired: self = .expired
        case .usable, .unknown, .wrongAlgorithm:
            let nanoseconds = key.notAfter.map { $0.nanoseconds.subtractingReportingOverflow(now.nanoseconds) }
            guard let nanoseconds, !nanoseconds.overflow else {
                self = .valid
                return
            }
            let days = Int(nanoseconds.partialValue / 86_400_000_000_000)
            self = days < Self.soon ? .ending(days: days) : .valid
        }
    }

    /// Whether the key may be used.
    var isUsable: Bool {
        switch self {
        case .ending, .valid: true
        case .notYet, .expired, .revoked: false
        }
    }

    /// The stable word.
    var word: String {
        switch self {
        case .notYet: "not-yet"
        case .ending: "ending"
        case .valid: "valid"
        case .expired: "expired"
        case .revoked: "revoked"
        }
    }

    /// The word for a person.
    var text: String {
        switch self {
        case .notYet: "not yet"
        case .ending(let days): "ends in \(NameList.count(days, "day"))"
        case .valid, .expired, .revoked: word
        }
    }

    /// The order in which they are shown: what needs a hand first.
    var rank: Int {
        switch self {
        case .ending(let days): days - Self.soon
        case .notYet: 0
        case .valid: 1
        case .expired: 2
        case .revoked: 3
        }
    }
}
