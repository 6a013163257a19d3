public import CommandCatalog

/// What became of a replacement: the code and the text of its answer.
public struct ReplacementOutcome: Sendable, Equatable {
    /// ``ResultCode/success``, or one of 0x2000 to 0x200a.
    public var code: ResultCode
    /// For the sender.
    public var message: String

    /// An outcome.
    public init(_ code: ResultCode, _ message: String) { (self.code, self.message) = (code, message) }

    /// All went well; the predecessor's words.
    public static let replaced = ReplacementOutcome(.success, "Succeeded to replace the config.")

    /// Another replacement has the service.
    public static func busy(_ service: Name) -> ReplacementOutcome {
        ReplacementOutcome(.replacing, "Already attempting to replace \(service) config!")
    }

    /// What is in force afterwards.
    public var isNewInForce: Bool { code == .success }
}
