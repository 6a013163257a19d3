internal import CommandCatalog

/// Whom a rule is about.
struct SenderPattern: Sendable, Equatable {
    /// Whether every key is meant; not senders without a signature.
    var hasEveryKey = false
    /// Whether senders without a signature are meant.
    var hasUnsigned = false
    /// The keys that are meant.
    var keys: [Name] = []
    /// Whoever has one of these roles is meant.
    var roles: [Name] = []

    /// The word for senders without a signature; no key can be called so.
    static let unsignedWord = "@unsigned"
    /// What stands before the name of a role.
    static let rolePrefix = "role:"

    func matches(_ sender: PolicyRequest.Sender) -> Bool {
        switch sender {
        case .unsigned: hasUnsigned
        case .key(let key, let held): hasEveryKey || keys.contains(key) || held.contains(where: roles.contains)
        }
    }

    func covers(_ other: SenderPattern) -> Bool {
        guard hasUnsigned || !other.hasUnsigned else { return false }
        if hasEveryKey { return true }
        return !other.hasEveryKey && other.keys.allSatisfy(keys.contains) && other.roles.allSatisfy(roles.contains)
    }
}

extension SenderPattern: CustomStringConvertible {
    var description: String {
        let all = (hasEveryKey ? ["*"] : []) + (hasUnsigned ? [Self.unsignedWord] : [])
        return (all + keys.map(\.text) + roles.map { Self.rolePrefix + $0.text }).joined(separator: ", ")
    }
}
