/// Which version of MQTT the next attempt speaks: 5 first, 3.1.1 where the broker does not like it, and then what worked.
///
/// A value: it is told what happened.
struct ProtocolChoice {
    private(set) var version = MQTTVersion.v5
    private var isProven = false

    /// The broker accepted us.
    mutating func accepted() { isProven = true }

    /// The broker refused the version, or hung up before it answered.
    ///
    /// - Parameter isExplicit: Whether it named the version as the reason.
    /// - Returns: Whether the other version is to be tried at once.
    mutating func refused(isExplicit: Bool) -> Bool {
        if isProven && !isExplicit {
            // A broker that worked and now hangs up is more likely being restarted than replaced by an older one.
            isProven = false
            return false
        }
        isProven = false
        let wasNewest = version == .v5
        version = wasNewest ? .v311 : .v5
        return wasNewest
    }
}
