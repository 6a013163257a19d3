import JSON
import TestSupport
import Testing

@testable import CommandCatalog

/// Output that is fetched, and its way through text.
struct OutputPieceTests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func textIsThatOfTheStandard(_ plain: String, _ text: String) {
        #expect(Base64.text(Array(plain.utf8)) == text)
        #expect(Base64.bytes(text) == Array(plain.utf8))
    }

    @Test(arguments: ["Z", "Zg", "Zg=", "Zh==", "Zm9=", "====", "Zg==Zg==", "Zm9v\n", "Zm9-", "Z=g=", "é==="])
    func isNoBase64(_ text: String) {
        #expect(Base64.bytes(text) == nil)
    }

    @Test(arguments: SeededGenerator.seeds)
    func everyPieceComesBack(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let data = (0..<chance.number(below: 200)).map { _ in UInt8(truncatingIfNeeded: chance.next()) }
            let piece = OutputPiece(offset: Int64(chance.number(below: 1000)), total: 5000, data: data)
            #expect(OutputPiece(message: piece.json.text) == piece)
        }
    }

    @Test(arguments: [
        "", "[]", "{}", "{\"offset\":0,\"bytes\":2,\"total\":1,\"data\":\"Zg==\"}",
        "{\"offset\":0,\"bytes\":1,\"total\":1,\"data\":\"Zg\"}", "{\"bytes\":1,\"total\":1,\"data\":\"Zg==\"}",
    ])
    func isNoPiece(_ message: String) {
        #expect(OutputPiece(message: message) == nil)
    }
}
