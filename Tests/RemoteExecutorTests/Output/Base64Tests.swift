import Testing

@testable import RemoteExecutor

/// Bytes are written as everybody else reads them.
struct Base64Tests {
    /// The vectors of RFC 4648, section 10, and the last two digits.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"), ("\u{3FF}", "z78="), ("~?>~~?", "fj8+fn4/"),
    ])
    func textIsThatOfTheStandard(_ bytes: String, _ text: String) {
        #expect(Base64.text(of: Array(bytes.utf8)) == text)
    }

    @Test func everyByteInEveryPlaceIsReadBack() throws {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        for length in 1...4 {
            for byte in UInt8.min...UInt8.max {
                let bytes = (0..<length).map { byte &+ UInt8($0) &* 85 }
                let text = Base64.text(of: bytes)
                #expect(text.count == (length + 2) / 3 * 4)
                let bits = try text.filter { $0 != "=" }.map { try #require(digits.firstIndex(of: $0)) }
                    .flatMap { digit in (0..<6).map { digit >> (5 - $0) & 1 } }
                let read = (0..<length).map { place in
                    bits[place * 8..<place * 8 + 8].reduce(UInt8(0)) { $0 << 1 | UInt8($1) }
                }
                #expect(read == bytes)
            }
        }
    }
}
