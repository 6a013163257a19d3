internal import Escaping
internal import JSON

/// Writes one JSON object on one line, member by member, without a tree of values: an audit line is made for every task.
///
/// Harmful characters stand as JSON escapes, so that a line can be shown as it is.
struct LineWriter {
    private var bytes: [UInt8] = []

    /// Bytes of a text at most.
    static let longestText = 1024
    /// Roles of a key at most; those beyond are left out.
    static let mostTexts = 32

    init() {
        bytes.reserveCapacity(768)
        bytes.append(UInt8(ascii: "{"))
    }

    mutating func add(_ name: StaticString, _ number: Int64?) {
        guard let number else { return }
        begin(name)
        bytes.append(contentsOf: "\(number)".utf8)
    }

    mutating func add(_ name: StaticString, _ text: String?) {
        guard let text else { return }
        begin(name)
        append(text)
    }

    mutating func add(_ name: StaticString, _ texts: [String]) {
        begin(name)
        bytes.append(UInt8(ascii: "["))
        for (index, text) in texts.prefix(Self.mostTexts).enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(text)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// An object that would be too long is left out.
    mutating func add(_ name: StaticString, _ object: JSONObject?) {
        guard let object else { return }
        let text = ForeignText.escaped(JSONValue.object(object).text)
        guard text.utf8.count <= Self.longestText else { return }
        begin(name)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func finished() -> [UInt8] {
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private mutating func begin(_ name: StaticString) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func append(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        let isDone = text.withUTF8 { appendPlain($0) }
        if !isDone { appendEscaped(text) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Nearly every text is short and needs no escapes.
    private mutating func appendPlain(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count <= Self.longestText, text.allSatisfy(Self.isPlain) else { return false }
        bytes.append(contentsOf: text)
        return true
    }

    private mutating func appendEscaped(_ text: String) {
        var length = 0
        for scalar in text.unicodeScalars {
            length += UTF8.width(scalar)
            guard length <= Self.longestText else {
                bytes.append(contentsOf: "…".utf8)
                return
            }
            switch scalar {
            case "\"", "\\": bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(truncatingIfNeeded: scalar.value)])
            case _ where ForeignText.isHarmful(scalar): bytes.append(contentsOf: ForeignText.escape(of: scalar).utf8)
            default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x20..<0x7F).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
}
