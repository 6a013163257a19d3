public import CommandCatalog
internal import JSON

/// What a host needs to join a broker, as one word that can be piped to it: its name, where the broker is, whom to trust
/// there, and what proves who it is.
///
/// The word is a JSON object in base64 (RFC 4648, section 4). It holds the private key of the host: whoever has it is
/// that host to the broker.
public struct JoinCode: Sendable, Equatable {
    /// What the host is called.
    public let host: HostIdentity
    /// Where the broker is: `mqtts://…`.
    public let broker: String
    /// The certificate of who may vouch for the broker (PEM).
    public let authority: String
    /// The certificate of the host (PEM).
    public let certificate: String
    /// The key of it (PEM).
    public let key: String

    /// A code.
    public init(host: HostIdentity, broker: String, authority: String, certificate: String, key: String) {
        (self.host, self.broker, self.authority) = (host, broker, authority)
        (self.certificate, self.key) = (certificate, key)
    }

    /// Members may be added; only a change of those that are there makes a new version.
    private static let version: Int64 = 1

    /// The word.
    public var text: String {
        let object: JSONObject = [
            "join": .integer(Self.version), "host": .string(host.description), "broker": .string(broker),
            "authority": .string(authority), "certificate": .string(certificate), "key": .string(key),
        ]
        return Base64.text(JSONValue.object(object).bytes)
    }

    /// Reads a word; white space around it and line breaks in it do not count.
    ///
    /// - Throws: It is none, which never says what stands in it.
    public init(_ text: String) throws(JoinCodeError) {
        let word = String(text.unicodeScalars.filter { !$0.properties.isWhitespace }.map(Character.init))
        guard !word.isEmpty else { throw JoinCodeError("expected a code, found nothing") }
        guard let bytes = Base64.bytes(word), let object = (try? JSONText(bytes))?.value.object else {
            throw JoinCodeError("the code is cut off or changed; copy the whole line that `recoverctl up HOST` printed")
        }
        guard let version = object["join"]?.integer else {
            throw JoinCodeError("that is no code of `recoverctl up HOST`")
        }
        guard version == Self.version else {
            throw JoinCodeError("the code is of version \(version), this program knows version \(Self.version)")
        }
        func member(_ name: String) throws(JoinCodeError) -> String {
            guard let text = object[name]?.string else { throw JoinCodeError("the code has no \"\(name)\"") }
            return text
        }
        guard let host = HostIdentity(try member("host")) else {
            throw JoinCodeError("the code names no host")
        }
        self.init(
            host: host, broker: try member("broker"), authority: try member("authority"),
            certificate: try member("certificate"), key: try member("key"))
    }
}

extension JoinCode: CustomStringConvertible, CustomReflectable {
    /// Nothing of the key.
    public var description: String { "the code for \(host) at \(broker)" }

    /// Nothing, so that a dump shows no key.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a text is no code.
public struct JoinCodeError: Error, Equatable, CustomStringConvertible {
    /// What was wanted, what was found, and what to do.
    public let description: String

    init(_ description: String) { self.description = description }
}
