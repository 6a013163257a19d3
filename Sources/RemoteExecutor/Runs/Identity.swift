import CommandCatalog
import Glibc

/// The rights that a command gets in place of the agent's.
struct Identity {
    let user: uid_t
    let group: gid_t
    let groups: [gid_t]

    /// What `user` and `group` of the catalog ask for; `nil` where the command runs as the agent does.
    ///
    /// A group alone replaces the first group and keeps the user; the further groups are always the account's.
    init?(_ account: Account, _ settings: CommandSettings) throws(StartFailure) {
        guard settings.user != nil || settings.group != nil else { return nil }
        user = account.user
        group = if let name = settings.group { try Account.group(named: name) } else { account.group }
        // An agent without privileges may name itself; there is nothing to change then.
        if geteuid() != 0, user == geteuid(), group == getegid() {
            return nil
        }
        groups = account.groups(with: group)
    }
}
