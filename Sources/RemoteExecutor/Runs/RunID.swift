/// One start of one command.
///
/// It is in the environment of the command and of all that descends from it, so that those which left the session
/// are found again. It is random, so that neither two agents on one host nor an agent and its predecessor use the same.
struct RunID: Hashable, Sendable {
    /// What the run is known by.
    let rawValue: UInt64

    /// A run that was never there before.
    init() {
        self.init(rawValue: .random(in: 0...UInt64.max))
    }

    /// The run with this number.
    init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// The run as text: 16 hexadecimal digits.
    var marker: String {
        let digits = String(rawValue, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
