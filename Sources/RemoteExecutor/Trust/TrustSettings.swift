internal import CommandCatalog
internal import ConfigurationReader
internal import PluginKit
internal import Policy
internal import Signatures

/// What the operator writes in the main file about who may.
struct TrustSettings: Sendable {
    /// The directory with the keys of those who may sign; `nil`: nobody has to.
    let keyDirectory: String?
    /// The policy's file.
    let policyFile: String?
    /// The policy, as it was read with the configuration.
    let policy: Policy?
    /// The policy's file just before it was read.
    let policySignature: FileSignature?
    /// Where decisions are noted.
    let auditFile: String?
    /// Services whose tasks need no signature.
    let unsignedServices: Set<Name>
    /// How often each sender may ask.
    let senderRate: Rate?
    /// How often all senders together may ask for a service.
    let serviceRate: Rate?

    /// Reads the keys that ``RemoteExecutor/Configuration`` lists.
    init(_ section: ConfigurationSection, catalog: CommandCatalog, host: HostIdentity) {
        keyDirectory = section.value("KeyDirectory", .path(on: host))
        policyFile = section.value("PolicyFile", .path(on: host))
        auditFile = section.value("AuditFile", .path(on: host))
        let named = section.list("AllowUnsigned", of: .serviceName) ?? []
        unsignedServices = Set(named)
        senderRate = section.value("SenderRate", .rate)
        serviceRate = section.value("ServiceRate", .rate)
        policySignature = policyFile.map(FileSignature.init)
        policy = policyFile.flatMap { Self.policy($0, named: section) }
        policy?.reportUnknownNames(against: catalog, to: section.report)
        section.warnWhereNoFileCanBe(auditFile, at: "AuditFile")
        warnOfKeys(in: section)
        if keyDirectory == nil, section.contains("AllowUnsigned") {
            section.warning("no task needs a signature without \"KeyDirectory\"", at: "AllowUnsigned")
        }
        if keyDirectory != nil, policyFile == nil {
            section.warning("without \"PolicyFile\" the holder of a key may do nothing", at: "KeyDirectory")
        }
    }

    /// The policy of a file that a section names.
    private static func policy(_ path: String, named section: ConfigurationSection) -> Policy? {
        do throws(ConfigurationProblem) {
            return PolicyReader.read(file: path, text: try TrustedFile(path).bytes, report: section.report)
        } catch {
            section.mistake("\(error)", at: "PolicyFile")
            return nil
        }
    }

    /// Tells of the keys as they are now.
    ///
    /// With a mistake among them the host is to be had all the same: the others count.
    private func warnOfKeys(in section: ConfigurationSection) {
        guard var keys = keyDirectory.map({ KeyDirectory($0) }) else { return }
        keys.read()
        for mistake in keys.mistakes { section.warning("\(mistake)", at: "KeyDirectory") }
        guard keys.ring.keys.isEmpty else { return }
        let meaning =
            keys.ring.demandsSignatures
            ? "no key in it can be used, so every task that needs a signature is refused"
            : "there is no key in it, so no task needs a signature"
        section.warning(meaning, at: "KeyDirectory")
    }
}

extension ConfigurationValue where Value == Name {
    /// The name of a service.
    fileprivate static var serviceName: Self { parsed("the name of a service") { Name($0) } }
}
