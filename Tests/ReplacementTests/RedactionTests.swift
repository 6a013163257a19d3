import Replacement
import TestSupport
import Testing

/// T17: secrets of known forms are not shown.
@Suite(.crowd)
struct RedactionTests {
    @Test(arguments: [
        ("  Password \"s3cret\"", "  Password \"***\""), ("Password s3cret", "Password ***"),
        ("password=s3cret&user=x", "password=***"),
        ("{\"Password\": \"a\\\"b\", \"x\": 1}", "{\"Password\": \"***\", \"x\": 1}"),
        ("db_password: 's3cret'", "db_password: '***'"), ("API_KEY=abc def", "API_KEY=*** def"),
        ("api-key: abc", "api-key: ***"), ("my.token.value = abc;", "my.token.value = ***;"),
        ("url mqtts://ann:s3cret@broker:8883/x", "url mqtts://***@broker:8883/x"),
        ("http://host/path@x", "http://host/path@x"), ("Authorization: Bearer abcdefgh12345", "Authorization: *** ***"),
        ("header \"Basic dXNlcjpwYXNz\"", "header \"Basic ***\""), ("Basic help", "Basic help"),
        ("Community \"public\"", "Community \"***\""), ("nothing here", "nothing here"), ("", ""),
        ("the password is wrong", "the password *** wrong"), ("password", "password"), ("password =", "password ="),
        ("+Password \"neu\"", "+Password \"***\""),
        (
            "a\n-----BEGIN PRIVATE KEY-----\nMIIEvQ\nxx\n-----END PRIVATE KEY-----\nb",
            "a\n-----BEGIN PRIVATE KEY-----\n***\n***\n-----END PRIVATE KEY-----\nb"
        ),
    ])
    func secretIsHidden(text: String, shown: String) {
        #expect(Redaction.redacted(text) == shown)
    }

    /// Whatever stands around it, a planted secret is gone, and what is shown is shown the same again.
    @Test(arguments: SeededGenerator.seeds)
    func plantedSecretIsGone(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        let names = ["password", "PassWord", "db_passwd", "x-api-key", "clientSecret", "auth_token", "Credential"]
        let forms = ["=", " = ", ": ", " ", "=\"", " \"", "\": \"", ": '"]
        for _ in 0..<2000 {
            let secret =
                "Zq" + String((0..<(4 + chance.number(below: 9))).map { _ in chance.one(of: Array("abcXYZ789+/")) })
            let form = chance.one(of: forms)
            let quote = form.hasSuffix("\"") ? "\"" : form.hasSuffix("'") ? "'" : ""
            let line = [chance.text(), chance.one(of: names) + form + secret + quote, chance.text()].joined(
                separator: " ")
            let shown = Redaction.redacted(line)
            #expect(!shown.contains(secret), "\(line)")
            #expect(Redaction.redacted(shown) == shown)
        }
    }
}
