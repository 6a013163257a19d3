import CommandCatalog
import Glibc

/// Who sends: chosen for one run of the program.
struct Sender: Sendable {
    /// The task's identity.
    let taskID: TaskID
    /// The identifier of our session at the broker.
    let clientID: String
    /// Who asks, as claimed: `user@host`.
    let name: String

    /// Chooses.
    ///
    /// - Parameter generator: Where the chance comes from.
    init(using generator: inout some RandomNumberGenerator) {
        taskID = .random(using: &generator)
        // 23 letters and digits are what every broker must take (MQTT 3.1.1, section 3.1.3.1).
        let number = String(UInt64.random(in: 0..<1 << 48, using: &generator), radix: 16)
        clientID = "sendcommand" + String(repeating: "0", count: 12 - number.count) + number
        name = Self.claim(user: Self.userName, host: HostIdentity.fullSystemName)
    }

    /// `user@host`, cut to the 128 bytes that a task may hold.
    static func claim(user: String, host: String) -> String {
        var claim = "\(user)@\(host)"
        while claim.utf8.count > 128 { claim.unicodeScalars.removeLast() }
        return claim
    }

    private static var userName: String {
        var (entry, found): (passwd, UnsafeMutablePointer<passwd>?) = (passwd(), nil)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
            guard let start = buffer.baseAddress,
                getpwuid_r(getuid(), &entry, start, buffer.count, &found) == 0, found != nil, let name = entry.pw_name
            else { return "\(getuid())" }
            return String(cString: name)
        }
    }
}
