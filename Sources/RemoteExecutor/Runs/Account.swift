import Glibc

/// A user of the host.
struct Account: Equatable {
    let user: uid_t
    let group: gid_t
    let name: String
    let home: String

    /// The account that the agent itself runs as.
    ///
    /// A uid that the host has no entry for (containers) is known by its digits and lives in `/`.
    static func own() -> Account {
        let user = geteuid()
        let entry = try? entry { getpwuid_r(user, $0, $1, $2, $3) }
        return entry ?? Account(user: user, group: getegid(), name: String(user), home: "/")
    }

    /// The account with this name or, where no name is so, with this decimal uid.
    static func named(_ text: String) throws(StartFailure) -> Account {
        if let found = try entry({ getpwnam_r(text, $0, $1, $2, $3) }) {
            return found
        }
        if let user = identifier(text), let found = try entry({ getpwuid_r(user, $0, $1, $2, $3) }) {
            return found
        }
        throw StartFailure(.user, errno: ENOENT, "user '\(text)' is not known on this host")
    }

    /// The gid of the group with this name or, where no name is so, this decimal gid.
    static func group(named text: String) throws(StartFailure) -> gid_t {
        var record = group_record()
        var found: UnsafeMutablePointer<group_record>?
        let code = withGrowingBuffer { getgrnam_r(text, &record, $0, $1, &found) }
        if found != nil {
            return record.gr_gid
        }
        if let group = identifier(text) {
            return group
        }
        let unknown = isAbsence(code) ? ENOENT : code
        throw StartFailure(.group, errno: unknown, "group '\(text)' is not known on this host")
    }

    /// The groups of the account when `group` is its first.
    func groups(with group: gid_t) -> [gid_t] {
        // The kernel allows 65,536; few accounts have more than a handful.
        var count: Int32 = 32
        while true {
            var groups = [gid_t](repeating: 0, count: Int(count))
            if getgrouplist(name, group, &groups, &count) >= 0 {
                return Array(groups.prefix(Int(count)))
            }
            count = max(count, Int32(groups.count) * 2)
        }
    }

    /// The id that the text is in decimal.
    ///
    /// 2^32 - 1 is none: to the kernel it means "leave it as it is".
    private static func identifier(_ text: String) -> UInt32? {
        guard text.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
            let number = UInt32(text), number != .max
        else { return nil }
        return number
    }

    private typealias Lookup = (
        UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
        UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
    ) -> Int32

    /// The entry that the look-up finds, `nil` where there is none.
    private static func entry(_ look: Lookup) throws(StartFailure) -> Account? {
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var account: Account?
        let code = withGrowingBuffer { buffer, size in
            let code = look(&record, buffer, size, &found)
            if found != nil {
                // The strings lie in the buffer, which is gone after this.
                let (name, home) = (String(cString: record.pw_name), String(cString: record.pw_dir))
                account = Account(user: record.pw_uid, group: record.pw_gid, name: name, home: home)
            }
            return code
        }
        guard account != nil || isAbsence(code) else {
            throw StartFailure(.user, errno: code, "cannot look up the user")
        }
        return account
    }

    /// Whether the code of a look-up only says that there is no such entry; see getpwnam(3).
    private static func isAbsence(_ code: Int32) -> Bool {
        [0, ENOENT, ESRCH, EBADF, EPERM].contains(code)
    }

    private static func withGrowingBuffer(_ look: (UnsafeMutablePointer<CChar>, Int) -> Int32) -> Int32 {
        // An entry can be long (a group lists its members), but not longer than this.
        let largest = 4 << 20
        var size = 1024
        while true {
            let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
            defer { buffer.deallocate() }
            let code = look(buffer, size)
            guard code == ERANGE, size < largest else { return code }
            size *= 4
        }
    }
}

// The record's C name is also the name of a property and of a word in half of the functions here.
private typealias group_record = Glibc.group
