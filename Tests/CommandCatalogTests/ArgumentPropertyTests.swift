import CommandCatalog
import JSON
import TestSupport
import Testing

/// Whatever the catalog and the values: the argument vector is the catalog's, and values stand in it as they came.
@Suite(.crowd)
struct ArgumentPropertyTests {
    /// T7: whatever is passed stays within its element.
    @Test(arguments: SeededGenerator.seeds)
    func everyValueStandsVerbatimInItsPlace(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        for round in 0..<200 {
            var sample = RandomProgram(&chance)
            let catalog = try CatalogFile.catalog(commands: "\"c\": \(sample.command.text)")
            for _ in 0..<5 {
                let (parameters, expected) = sample.values(&chance)
                let arguments = try catalog.arguments(parameters)
                #expect(arguments.map { Array($0.utf8) } == expected, "round \(round)")
            }
        }
    }
}

/// A program of random elements, each text with parameters in it.
private struct RandomProgram {
    private enum Part {
        case text(String)
        case parameter(Int)
    }

    private let elements: [[Part]]
    private let isRequired: [Bool]

    init(_ chance: inout SeededGenerator) {
        let isRequired = (0..<4).map { _ in chance.happens(onceIn: 2) }
        elements = (0..<chance.number(below: 6)).map { _ in
            (0..<chance.number(below: 5)).map { _ in
                chance.happens(onceIn: 2) ? .parameter(chance.number(below: 4)) : .text("a" + chance.text(upTo: 5))
            }
        }
        self.isRequired = isRequired
    }

    var command: JSONValue {
        let program = elements.map { parts in
            JSONValue.string(
                parts.map { part in
                    switch part {
                    case .text(let text): Self.escaped(text)
                    case .parameter(let index): "{p\(index)}"
                    }
                }.joined())
        }
        let parameters = isRequired.enumerated().map { index, isRequired in
            let definition: JSONValue = [
                "type": "string", "pattern": ".*", "option": true, "required": .bool(isRequired),
            ]
            return ("p\(index)", definition)
        }
        return ["program": .array(["/bin/x"] + program), "parameters": .object(JSONObject(parameters))]
    }

    /// Values, and the arguments that they must give.
    mutating func values(_ chance: inout SeededGenerator) -> (parameters: [(String, JSONValue)], arguments: [[UInt8]]) {
        let refused = Set((UInt8.min...0x1F).map(Unicode.Scalar.init)).union(["\u{7F}"])
        let values = isRequired.map { isRequired in
            isRequired || chance.happens(onceIn: 2) ? chance.text(without: refused) : nil
        }
        let parameters = values.enumerated().compactMap { index, value in
            value.map { ("p\(index)", JSONValue.string($0)) }
        }
        let arguments: [[UInt8]] = elements.compactMap { parts in
            if parts.count == 1, case .parameter(let index) = parts[0], values[index] == nil { return nil }
            return parts.flatMap { part in
                switch part {
                case .text(let text): Array(text.utf8)
                case .parameter(let index): Array((values[index] ?? "").utf8)
                }
            }
        }
        return (parameters, [Array("/bin/x".utf8)] + arguments)
    }

    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            result.unicodeScalars.append(scalar)
            if scalar == "{" { result.unicodeScalars.append(scalar) }
        }
    }
}
