/// Takes secrets of known forms out of text that is shown: what a checker prints, and differences.
///
/// - values behind `=`, `:` or a space of a name that has one of ``words`` in it, quoted or not;
/// - the user's part of an address, `scheme://user:secret@host`;
/// - what stands behind `Bearer`, `Basic`, and in a PEM block of a private key.
///
/// It errs on the side of hiding: a harmless value of such a name is hidden too.
public enum Redaction {
    /// Names with these words hold secrets.
    static let words = [
        "password", "passwd", "passphrase", "secret", "token", "apikey", "api_key", "api-key", "credential",
        "privatekey",
        "private_key", "private-key", "authorization", "community", "writeapikey", "accesskey", "access_key", "psk",
    ]
    /// What is shown instead.
    static let mark = "***"

    /// The text without what may be a secret.
    public static func redacted(_ text: String) -> String {
        var isInKey = false
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            // In a difference the line has a sign before it.
            if line.contains("-----BEGIN "), line.contains("PRIVATE KEY") { isInKey = true }
            defer { if line.contains("-----END ") { isInKey = false } }
            if isInKey, !line.contains("-----") { return mark }
            return redacted(line: line)
        }.joined(separator: "\n")
    }

    private static func redacted(line: Substring) -> String {
        var bytes = Array(line.utf8)
        for scheme in ["bearer ", "basic "] { hideBehind(scheme, &bytes) }
        hideNamedValues(&bytes)
        hideUsers(&bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hideNamedValues(_ bytes: inout [UInt8]) {
        for word in words {
            var start = 0
            while let found = index(of: Array(word.utf8), in: bytes, from: start) {
                guard let value = valueRange(behind: found + word.utf8.count, in: bytes) else {
                    start = found + word.utf8.count
                    continue
                }
                if !bytes[value].elementsEqual(mark.utf8) { bytes.replaceSubrange(value, with: mark.utf8) }
                start = value.lowerBound + mark.utf8.count
            }
        }
    }

    /// The value of a name that ends at or behind `position`: behind the rest of the name, quotes, and a separator.
    private static func valueRange(behind position: Int, in bytes: [UInt8]) -> Range<Int>? {
        var place = position
        while place < bytes.count, isOfName(bytes[place]) { place += 1 }
        // The quote that ends a name, `"password": …`, and those in which a value stands inside a quoted message.
        while place < bytes.count, bytes[place] == quote || bytes[place] == apostrophe { place += 1 }
        var hasSeparator = false
        while place < bytes.count, " \t=:>".utf8.contains(bytes[place]) {
            hasSeparator = true
            place += 1
        }
        guard hasSeparator, place < bytes.count else { return nil }
        let opening = bytes[place]
        if opening == quote || opening == apostrophe {
            let start = place + 1
            var end = start
            while end < bytes.count, bytes[end] != opening { end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1 }
            return start < min(end, bytes.count) ? start..<min(end, bytes.count) : nil
        }
        var end = place
        while end < bytes.count, !" \t,;<}])".utf8.contains(bytes[end]) { end += 1 }
        return place < end ? place..<end : nil
    }

    /// `scheme://user:secret@host` becomes `scheme://***@host`.
    private static func hideUsers(_ bytes: inout [UInt8]) {
        var start = 0
        while let found = index(of: Array("://".utf8), in: bytes, from: start) {
            let first = found + 3
            var end = first
            while end < bytes.count, !" \t\"'/<>".utf8.contains(bytes[end]) { end += 1 }
            start = first
            guard let at = bytes[first..<end].lastIndex(of: UInt8(ascii: "@")), bytes[first..<at].contains(colon) else {
                continue
            }
            bytes.replaceSubrange(first..<at, with: mark.utf8)
        }
    }

    private static func hideBehind(_ word: String, _ bytes: inout [UInt8]) {
        var start = 0
        while let found = index(of: Array(word.utf8), in: bytes, from: start) {
            let first = found + word.utf8.count
            var end = first
            while end < bytes.count, !" \t\"',".utf8.contains(bytes[end]) { end += 1 }
            // Too short for a credential: the word stands in a sentence.
            if end - first >= 8 { bytes.replaceSubrange(first..<end, with: mark.utf8) }
            start = first
        }
    }

    /// Where a text of lower-case letters begins, whatever the case of the letters there.
    private static func index(of word: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard start + word.count <= bytes.count else { return nil }
        return (start...bytes.count - word.count).first { place in
            zip(word, bytes[place...]).allSatisfy { $0 == lowered($1) }
        }
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch lowered(byte) {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "_-.".utf8.contains(byte)
        }
    }
}

private let quote = UInt8(ascii: "\"")
private let apostrophe = UInt8(ascii: "'")
private let colon = UInt8(ascii: ":")
