internal import CommandCatalog
internal import Policy
internal import Signatures

/// Who asks for a task, as far as a signature proves it.
struct Sender: Sendable, Equatable {
    /// The key whose signature was good; `nil`: nobody knows who it is.
    let key: KeyID?
    /// The roles of that key.
    let roles: [String]

    /// Somebody who has not signed, or for whom no signature was asked.
    static let unsigned = Sender(key: nil, roles: [])

    /// The holder of a key.
    init(_ key: TrustedKey) {
        (self.key, roles) = (key.id, key.roles)
    }

    init(key: KeyID?, roles: [String]) {
        (self.key, self.roles) = (key, roles)
    }

    /// As a policy speaks of it.
    var inPolicy: PolicyRequest.Sender {
        guard let name = key.flatMap({ Name($0.description) }) else { return .unsigned }
        return .key(name, roles: roles.compactMap(Name.init))
    }
}

/// Who may have a task done, and what the policy said to it.
struct Pass: Sendable, Equatable {
    /// Who asks.
    var sender = Sender.unsigned
    /// What the policy said; `nil` where none was asked.
    var verdict: String?
    /// The task that a `cancel` or `fetch` names; `nil`: there is none.
    ///
    /// The one that the policy was asked about is the one that is ended or told of, whoever uses its id meanwhile.
    var named: TaskTable.Number?
    /// Whether the very same question of this sender was answered before.
    var isAskedAgain = false
}
