internal import ConfigurationReader
internal import Glibc
internal import Signatures

/// The host's own key, with which it signs its results.
enum HostKey {
    /// Its name in the state directory.
    static let name = "host-key.pem"

    /// Reads the key, or makes one where there is none yet.
    ///
    /// - Throws: Why it cannot be read, trusted or written; it is never replaced, for senders know it.
    static func readOrMake(in directory: String) throws(ConfigurationProblem) -> SigningKey {
        let path = "\(directory)/\(name)"
        if access(path, F_OK) == 0 { return try SigningKey(file: path) }
        let key = SigningKey.random()
        try key.write(to: path)
        return key
    }
}
