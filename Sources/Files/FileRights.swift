import Glibc

/// Whose a file is, and who may do what with it.
package struct FileRights: Sendable, Equatable {
    /// The number of its owner.
    package var user: UInt32
    /// The number of its group.
    package var group: UInt32
    /// Who may do what, as chmod(2) has it.
    package var mode: UInt32

    package init(user: UInt32, group: UInt32, mode: UInt32) {
        (self.user, self.group, self.mode) = (user, group, mode)
    }

    /// For us alone.
    package static var ours: FileRights { FileRights(user: geteuid(), group: getegid(), mode: 0o600) }

    /// Ours, for everybody to read, such as a public key.
    package static var readable: FileRights { FileRights(user: geteuid(), group: getegid(), mode: 0o644) }
}
