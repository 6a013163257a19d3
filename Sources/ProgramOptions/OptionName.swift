/// An option that may stand on the command line, in the environment and in the options file.
package enum OptionName: String, CaseIterable {
    case host, port, user, password
    case passwordFile = "password-file"
    case secure, cafile, cert
    case keyFile = "key-file"
    case qos, topic
    case resultTopic = "result-topic"
    case to, root, reason, timeout, json, quiet, detail, follow, retry
    case cancelOnInterrupt = "cancel-on-interrupt"
    case key, target, challenge
    case knownHosts = "known-hosts"

    /// As it stands on the command line.
    package var flag: String { "--\(rawValue)" }

    /// The environment variable, such as `RECOVERD_KEY_FILE`.
    package var variable: String {
        "RECOVERD_" + rawValue.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
    }
}
