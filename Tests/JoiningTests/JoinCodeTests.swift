import CommandCatalog
import JSON
import Joining
import Testing

/// The word by which a host joins.
@Suite struct JoinCodeTests {
    private static func code() throws -> JoinCode {
        JoinCode(
            host: try #require(HostIdentity("web02")), broker: "mqtts://10.0.0.1:8883", authority: "-----CA\n",
            certificate: "-----CERT\n", key: "-----KEY\n")
    }

    private static func word(_ object: JSONObject) -> String { Base64.text(JSONValue.object(object).bytes) }

    @Test func whatIsWrittenIsRead() throws {
        let code = try Self.code()
        #expect(try JoinCode(code.text) == code)
        #expect(code.text.utf8.allSatisfy { $0 > 32 && $0 < 127 })
    }

    /// As a mail or a terminal breaks it.
    @Test func whiteSpaceDoesNotCount() throws {
        let text = try Self.code().text
        let middle = text.index(text.startIndex, offsetBy: 76)
        #expect(try JoinCode(" \(text[..<middle])\r\n\t\(text[middle...])\n\n") == Self.code())
    }

    @Test func everyCodeThatIsCutOffIsRefused() throws {
        let text = try Self.code().text
        for count in 0..<text.utf8.count {
            #expect(throws: JoinCodeError.self) { try JoinCode(String(text.prefix(count))) }
        }
    }

    @Test(arguments: [
        ("", "expected a code, found nothing"), (" \n", "expected a code, found nothing"),
        ("%%%%", "the code is cut off or changed; copy the whole line that `recoverctl up HOST` printed"),
        (word([:]), "that is no code of `recoverctl up HOST`"),
        (word(["join": "1"]), "that is no code of `recoverctl up HOST`"),
        (word(["join": 2]), "the code is of version 2, this program knows version 1"),
        (word(["join": 1]), "the code has no \"host\""), (word(["join": 1, "host": "a b"]), "the code names no host"),
        (word(["join": 1, "host": "web02"]), "the code has no \"broker\""),
        (word(["join": 1, "host": "web02", "broker": "b", "authority": 1]), "the code has no \"authority\""),
    ])
    func isNoCode(text: String, message: String) {
        let error = #expect(throws: JoinCodeError.self) { try JoinCode(text) }
        #expect(error?.description == message)
    }

    @Test func keyIsNeverShown() throws {
        let code = try Self.code()
        var dumped = ""
        dump(code, to: &dumped)
        #expect(!"\(code) \(String(reflecting: code)) \(dumped)".contains("KEY"))
    }
}
