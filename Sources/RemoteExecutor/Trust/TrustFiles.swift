internal import CommandCatalog
internal import ConfigurationReader
internal import Policy
internal import Signatures

/// The files that say who may: keys and policy, as they are in force.
///
/// They are looked at all the time, and read when they changed. A policy with a mistake does not replace the one in force;
/// what a mistake among the keys means, ``KeyDirectory`` says.
struct TrustFiles: Sendable {
    private var settings: TrustSettings
    private var keys: KeyDirectory?
    /// Whether signatures were demanded once by this agent; no change of files or configuration ends that.
    private var demanded = false
    private var seen: [FileSignature] = []

    /// The policy in force.
    private(set) var policy: Policy?
    /// What is wrong with the keys; those concerned are not trusted, or stay as they were.
    private(set) var keyMistakes: [ConfigurationProblem] = []
    /// What is wrong with the newest policy file, which is not in force.
    private(set) var policyMistakes: [ConfigurationProblem] = []

    /// What a look at the files found.
    struct Change: Sendable {
        /// Whether other keys are trusted now.
        var hasOtherKeys = false
        /// Whether another policy is in force now.
        var hasOtherPolicy = false
        /// What is wrong with what was read.
        var mistakes: [ConfigurationProblem] = []
    }

    /// The files of these settings, read for the first time.
    init(_ settings: TrustSettings) {
        self.settings = settings
        policy = settings.policy
        keys = settings.keyDirectory.map { KeyDirectory($0) }
        seen = keySignatures + policySignature(settings.policySignature)
        readKeys()
    }

    /// Whom the host trusts.
    var ring: KeyRing {
        KeyRing(keys.map { Array($0.ring.keys.values) } ?? [], demandsSignatures: demanded)
    }

    /// Uses other settings; keys of the same directory are read as those of a running agent.
    mutating func use(_ settings: TrustSettings) -> Change {
        let (ring, policy) = (self.ring, self.policy)
        if settings.keyDirectory != self.settings.keyDirectory {
            keys = settings.keyDirectory.map { KeyDirectory($0) }
        }
        self.settings = settings
        self.policy = settings.policy
        policyMistakes = []
        // Before the reading, as the policy's: it may be older than the one in force, and then the next look finds that.
        seen = keySignatures + policySignature(settings.policySignature)
        readKeys()
        return Change(
            hasOtherKeys: ring != self.ring, hasOtherPolicy: policy != self.policy, mistakes: keyMistakes)
    }

    /// Reads what changed since the last look; `nil`: nothing did.
    mutating func look() -> Change? {
        let now = keySignatures + policySignature(settings.policyFile.map(FileSignature.init))
        guard now != seen else { return nil }
        // Before the reading, so that what changes meanwhile is seen the next time.
        seen = now
        let (ring, policy) = (self.ring, self.policy)
        readKeys()
        readPolicy()
        return Change(
            hasOtherKeys: ring != self.ring, hasOtherPolicy: policy != self.policy,
            mistakes: keyMistakes + policyMistakes)
    }

    private mutating func readKeys() {
        keys?.read()
        keyMistakes = keys?.mistakes ?? []
        demanded = demanded || keys?.ring.demandsSignatures == true
    }

    private mutating func readPolicy() {
        guard let file = settings.policyFile else { return }
        let report = ConfigurationReport()
        let read = PolicyReader.read(file, report: report)
        policyMistakes = report.mistakes
        if let read { policy = read }
    }

    private var keySignatures: [FileSignature] {
        (keys.map { [$0.path] + $0.files } ?? []).map(FileSignature.init)
    }

    private func policySignature(_ signature: FileSignature?) -> [FileSignature] { signature.map { [$0] } ?? [] }
}
