public import CommandCatalog
public import JSON

/// The member `auth` of a result: the host vouches that it has answered this to that task.
public enum ResultSignature {
    /// The version of the member's form.
    private static let version: Int64 = 1

    /// The result with a signature of the host's key.
    ///
    /// - Parameters:
    ///   - result: The result as it would be sent.
    ///   - host: The host's name.
    ///   - task: What the answered task is known by.
    ///   - key: The host's key.
    /// - Returns: The result to send.
    public static func sign(
        _ result: JSONObject, host: String, task: TaskDigest, with key: SigningKey
    ) -> JSONObject {
        let signature = key.signature(of: SignedTuple(result: result, host: host, task: task).bytes)
        var result = result
        result["auth"] = [
            "v": .integer(version), "alg": .string(TaskAuthentication.ed25519),
            "sig": .string(Base64.text(signature)),
        ]
        return result
    }

    /// What a sender makes of a result.
    public enum Verdict: Sendable, Equatable {
        /// The host of this key has sent it.
        case authentic
        /// It has no `auth`.
        case unsigned
        /// Its `auth` cannot be read, or is not that of this result by that key.
        case forged
    }

    /// Whether a host has answered this to a task of ours.
    ///
    /// - Parameters:
    ///   - result: The result as it came.
    ///   - host: The host that was asked.
    ///   - task: What our task is known by; never what the result says.
    ///   - key: The key that is known of the host.
    /// - Returns: What to make of it; only an authentic one may be believed.
    public static func verdict(
        on result: JSONObject, host: String, task: TaskDigest, key: VerificationKey
    ) -> Verdict {
        guard let auth = result["auth"] else { return .unsigned }
        guard let object = auth.object, object.members.count == 3, object["v"] == .integer(version),
            object["alg"] == .string(TaskAuthentication.ed25519),
            let signature = object["sig"]?.string.flatMap(Base64.bytes),
            key.isSignature(signature, of: SignedTuple(result: result, host: host, task: task).bytes)
        else { return .forged }
        return .authentic
    }
}
