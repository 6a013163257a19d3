package import ConfigurationReader
package import MQTT

/// A broker, and how to log in to it.
package struct BrokerAccess: Equatable, Sendable {
    package var address: BrokerAddress
    package var user: String?
    package var password: String?
    package var tls: TLSOptions

    /// Refuses what does not fit together.
    func check() throws(UsageError) {
        if password != nil && user == nil {
            throw UsageError("a password needs a user name; add --user")
        }
        if (tls.certificateFile == nil) != (tls.keyFile == nil) {
            throw UsageError("--cert and --key-file belong together, found only one of them")
        }
        if !address.isTLS && (tls.caFile != nil || tls.certificateFile != nil) {
            throw UsageError("--cafile, --cert and --key-file are for TLS; add --secure or write mqtts://")
        }
    }
}

extension PasswordFile {
    /// Reads a password file; what is wrong with it is a mistake of usage.
    package static func usable(_ path: String) throws(UsageError) -> String {
        do throws(ConfigurationProblem) {
            return try PasswordFile(path).password
        } catch {
            throw UsageError("\(error)")
        }
    }
}
