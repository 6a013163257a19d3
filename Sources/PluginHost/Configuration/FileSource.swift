import CommandCatalog
import ConfigurationReader
import Glibc
import PluginKit

/// Where a password, a key or a certificate is: in a file, or in a credential that systemd hands to the service.
///
/// `LoadCredential=` and `SetCredentialEncrypted=` of a unit put a file into a directory that only the service can read
/// and that is gone when it ends (systemd.exec(5)).
enum FileSource: Equatable {
    case file(String)
    case credential(String)

    /// What stands before the name of a credential.
    static let prefix = "credential:"

    /// Reads a path, or `credential:NAME`; `nil` when the text is neither.
    init?(_ text: String) {
        if text.utf8.first == UInt8(ascii: "/") {
            self = .file(text)
            return
        }
        guard text.hasPrefix(Self.prefix) else { return nil }
        let name = String(text.dropFirst(Self.prefix.count))
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(UInt8(ascii: "/")) else { return nil }
        self = .credential(name)
    }

    /// Where systemd put the credentials of this service; `nil` when there are none.
    static var directory: String? { getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) } }

    /// The path of the file.
    func path(credentials directory: String?) throws(ConfigurationProblem) -> String {
        switch self {
        case .file(let path): return path
        case .credential(let name):
            guard let directory else {
                throw ConfigurationProblem(
                    file: Self.prefix + name,
                    message: "systemd hands us no credentials ($CREDENTIALS_DIRECTORY is not set); its unit needs "
                        + "LoadCredential=\(name):PATH")
            }
            return "\(directory)/\(name)"
        }
    }
}

extension ConfigurationValue where Value == FileSource {
    /// A path or a credential; `%h` in it is the host.
    static func fileSource(on host: HostIdentity) -> Self {
        parsed("an absolute path such as \"/etc/recoverd/password\", or \"credential:NAME\"") { text in
            FileSource(host.expanded(in: text))
        }
    }
}
