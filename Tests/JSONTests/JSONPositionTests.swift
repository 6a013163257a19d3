import JSON
import TestSupport
import Testing

/// A path leads to the place of its value in the text.
struct JSONPositionTests {
    @Test(arguments: SeededGenerator.seeds)
    func everyValueIsFoundWhereItWasWritten(seed: UInt64) throws {
        for round in 0..<60 {
            var document = ScatteredDocument(chance: SeededGenerator(seed: seed &+ UInt64(round)))
            document.write()
            let text = try JSONText(document.bytes)
            for (path, offset) in document.values {
                #expect(text.position(of: path) == document.position(of: offset), "\(path) of round \(round)")
            }
            for (path, offset) in document.names {
                #expect(text.positionOfName(at: path) == document.position(of: offset), "\(path) of round \(round)")
            }
        }
    }

    @Test(arguments: [
        (JSONPath(), "1:1"), (JSONPath().member("a"), "1:7"), (JSONPath().member("a").element(1), "2:3"),
        (JSONPath().member("a").element(1).member("b"), "2:9"), (JSONPath().member("no"), "1:1"),
        (JSONPath().member("a").element(7), "1:7"), (JSONPath().member("a").member("b"), "1:7"),
        (JSONPath().member("e\u{301}"), "1:1"), (JSONPath().member("é").element(0), "3:7"),
    ])
    func placeIsTheLastOneThatExists(_ path: JSONPath, _ position: String) throws {
        let text = try JSONText(Array("{\"a\": [1,\n  {\"b\": \"]}\"}],\n\"é\":[\"\"]}".utf8))
        #expect(text.position(of: path).description == position)
    }
}

/// A random document that is written with random white space and escapes, and knows where each part stands.
private struct ScatteredDocument {
    var chance: SeededGenerator
    var bytes: [UInt8] = []
    var values: [(path: JSONPath, offset: Int)] = []
    var names: [(path: JSONPath, offset: Int)] = []

    init(chance: SeededGenerator) {
        self.chance = chance
    }

    mutating func write() {
        space()
        write(.object(chance.object(depth: 4)), at: JSONPath())
        space()
    }

    func position(of offset: Int) -> JSONPosition {
        let lines = bytes[..<offset].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return JSONPosition(line: lines.count, column: (lines.last?.count ?? 0) + 1)
    }

    private mutating func write(_ value: JSONValue, at path: JSONPath) {
        values.append((path, bytes.count))
        switch value {
        case .array(let elements):
            list("[", "]", elements.enumerated()) { $0.write($1.element, at: path.element($1.offset)) }
        case .object(let object):
            list("{", "}", object.members) { document, member in
                document.write(member, at: path.member(member.name))
            }
        case .string(let text): write(text)
        default: bytes += value.bytes
        }
    }

    private mutating func write(_ member: JSONObject.Member, at path: JSONPath) {
        names.append((path, bytes.count))
        write(member.name)
        space()
        bytes.append(UInt8(ascii: ":"))
        space()
        write(member.value, at: path)
    }

    private mutating func list<Elements: Sequence>(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ elements: Elements,
        _ write: (inout Self, Elements.Element) -> Void
    ) {
        bytes.append(UInt8(ascii: open))
        space()
        for (index, element) in elements.enumerated() {
            if index > 0 {
                bytes.append(UInt8(ascii: ","))
                space()
            }
            write(&self, element)
            space()
        }
        bytes.append(UInt8(ascii: close))
    }

    private mutating func write(_ text: String) {
        guard chance.happens(onceIn: 2) else { return bytes += JSONValue.string(text).bytes }
        let digits = text.utf16.map { unit in
            let hexadecimal = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal
        }
        bytes += "\"\(digits.joined())\"".utf8
    }

    private mutating func space() {
        for _ in 0..<chance.number(below: 3) { bytes.append(chance.one(of: Array(" \t\r\n".utf8))) }
    }
}
