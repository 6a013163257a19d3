public import JSON

/// Who vouches for a task, and for which host: the member `auth`.
///
/// It says what was signed and with which key; whether that is true, `Signatures` finds out.
public struct TaskAuthentication: Sendable, Equatable {
    /// How the signature was made, such as `ed25519`; it must be how the key was meant to be used.
    public let algorithm: String
    /// The key.
    public let keyID: KeyID
    /// Whom the task is for, `host/web01` or `group/web`.
    public let target: String
    /// From this time on the task may not start any more, as the sender wrote it.
    public let expiresText: String?
    /// From this time on the task may not start any more.
    public let expires: Timestamp?
    /// What makes this signature unlike all others.
    public let nonce: String?
    /// A random value that the agent gave out lately, in place of a time that both clocks agree on.
    public let challenge: String?
    /// The 64 bytes; none while the task is not signed yet.
    public var signature: [UInt8]

    /// The version of this form.
    public static let version: Int64 = 1
    /// The only algorithm of version 1.
    public static let ed25519 = "ed25519"
    /// Bytes of a signature.
    public static let signatureSize = 64

    /// What is to be signed.
    public init(
        keyID: KeyID,
        target: String,
        expires: Timestamp? = nil,
        nonce: String? = nil,
        challenge: String? = nil
    ) {
        (algorithm, self.keyID, self.target) = (Self.ed25519, keyID, target)
        expiresText = expires?.description
        self.expires = expires.flatMap { Timestamp(rfc3339: $0.description) }
        (self.nonce, self.challenge, signature) = (nonce, challenge, [])
    }

    /// Reads the member, strictly: what cannot be read may have been meant to forbid something.
    ///
    /// - Throws: What is wrong with it.
    init(_ json: JSONValue) throws(Flaw) {
        guard let object = json.object else { throw Flaw("auth: expected an object, found \(json.summary)") }
        let members = Members(object: object)
        try members.checkNames()
        guard object["v"] == .integer(Self.version) else {
            throw Flaw("auth.v: expected \(Self.version), found \(object["v"]?.summary ?? "none")")
        }
        algorithm = try members.required("alg", atMost: 32)
        guard let keyID = KeyID(try members.required("kid", atMost: 64)) else {
            throw Flaw("auth.kid: expected letters, digits, \".\", \"_\" and \"-\"")
        }
        self.keyID = keyID
        target = try members.required("target", atMost: TaskMessage.largestTarget)
        expiresText = try members.text("expires", atMost: 64)
        expires = expiresText.flatMap(Timestamp.init(rfc3339:))
        guard (expiresText == nil) == (expires == nil) else {
            throw Flaw("auth.expires: expected a time such as \"2020-11-26T00:41:19Z\"")
        }
        nonce = try members.text("nonce", atMost: 64)
        challenge = try members.text("challenge", atMost: 64)
        guard let signature = Base64.bytes(try members.required("sig", atMost: 88)),
            signature.count == Self.signatureSize
        else { throw Flaw("auth.sig: expected \(Self.signatureSize) bytes in base64") }
        self.signature = signature
    }

    /// Why the member cannot be read.
    struct Flaw: Error {
        let message: String

        init(_ message: String) {
            self.message = message
        }
    }

    /// The wire form.
    public var json: JSONValue {
        var object: JSONObject = [
            "v": .integer(Self.version), "alg": .string(algorithm), "kid": .string(keyID.description),
            "target": .string(target),
        ]
        object["expires"] = expiresText.map(JSONValue.string)
        object["nonce"] = nonce.map(JSONValue.string)
        object["challenge"] = challenge.map(JSONValue.string)
        object["sig"] = .string(Base64.text(signature))
        return .object(object)
    }

    /// Adds all that is signed, which is all but the signature.
    func append(to tuple: inout TupleBytes) {
        tuple.append(Self.version)
        tuple.append(algorithm)
        tuple.append(keyID.description)
        tuple.append(target)
        tuple.append(expiresText)
        tuple.append(nonce)
        tuple.append(challenge)
    }

    /// The members of `auth`, read one by one.
    private struct Members {
        let object: JSONObject

        private static let names = ["v", "alg", "kid", "target", "expires", "nonce", "challenge", "sig"]

        /// A member that is not listed would not be signed.
        func checkNames() throws(Flaw) {
            for member in object.members where !Self.names.contains(member.name) {
                throw Flaw("auth: expected no members but \(Self.names.joined(separator: ", "))")
            }
        }

        func text(_ name: String, atMost limit: Int) throws(Flaw) -> String? {
            guard let value = object[name] else { return nil }
            guard let text = value.string, text.utf8.count <= limit else {
                throw Flaw("auth.\(name): expected a string of at most \(limit) bytes, found \(value.summary)")
            }
            return text
        }

        func required(_ name: String, atMost limit: Int) throws(Flaw) -> String {
            guard let text = try text(name, atMost: limit) else { throw Flaw("auth: needs \"\(name)\"") }
            return text
        }
    }
}
