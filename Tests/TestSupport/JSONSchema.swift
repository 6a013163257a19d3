public import JSON
internal import Glibc

/// A schema of `docs/schemas`, as far as these schemas use the language; a keyword that is not known here is a violation,
/// so that none is believed in vain.
public struct JSONSchema {
    private let root: JSONObject

    /// Reads `docs/schemas/<name>.json`.
    ///
    /// - Throws: There is no such file, or it is no JSON.
    public init(_ name: String) throws {
        let path = "\(#filePath.dropLast("/Tests/TestSupport/JSONSchema.swift".count))/docs/schemas/\(name).json"
        guard let file = fopen(path, "r") else { throw SystemFailure("open \(path)", errno) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer.prefix(count) }
        root = try JSONText(bytes).value.object ?? [:]
    }

    /// Where a value is not as the schema wants it, and in what.
    public func violations(of value: JSONValue) -> [String] { violations(of: value, .object(root), "$") }

    private func violations(of value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
        (schema.object?.members ?? []).flatMap { keyword in
            keyword.name == "additionalProperties"
                ? otherMembers(of: value.object, keyword.value, schema.object?["properties"]?.object, place)
                : violation(of: value, keyword.name, keyword.value, place)
        }
    }

    private func violation(
        of value: JSONValue, _ keyword: String, _ wanted: JSONValue, _ place: String
    ) -> [String] {
        func unless(_ isMet: Bool) -> [String] { isMet ? [] : ["\(place): \(keyword) \(wanted.text)"] }
        switch keyword {
        case "$schema", "title", "description", "$defs": return []
        case "$ref": return referred(wanted.string).map { violations(of: value, $0, place) } ?? unless(false)
        case "type": return unless((wanted.array ?? [wanted]).contains { $0.string == value.schemaType })
        case "const": return unless(value == wanted)
        case "enum": return unless(wanted.array?.contains(value) == true)
        case "minimum": return unless(value.integer.map { $0 >= wanted.integer ?? 0 } ?? true)
        case "maximum": return unless(value.integer.map { $0 <= wanted.integer ?? 0 } ?? true)
        case "minLength":
            return unless(value.string.map { $0.unicodeScalars.count >= Int(wanted.integer ?? 0) } ?? true)
        case "maxLength":
            return unless(value.string.map { $0.unicodeScalars.count <= Int(wanted.integer ?? 0) } ?? true)
        case "pattern": return unless(value.string.map { matches($0, wanted.string ?? "") } ?? true)
        case "minItems": return unless(value.array.map { $0.count >= Int(wanted.integer ?? 0) } ?? true)
        case "maxItems": return unless(value.array.map { $0.count <= Int(wanted.integer ?? 0) } ?? true)
        case "items":
            return (value.array ?? []).enumerated().flatMap { violations(of: $1, wanted, "\(place)[\($0)]") }
        case "not": return unless(!violations(of: value, wanted, place).isEmpty)
        case "anyOf": return unless((wanted.array ?? []).contains { violations(of: value, $0, place).isEmpty })
        case "oneOf": return unless(wanted.array?.count { violations(of: value, $0, place).isEmpty } == 1)
        default: return members(of: value.object, keyword, wanted, place)
        }
    }

    private func members(
        of object: JSONObject?, _ keyword: String, _ wanted: JSONValue, _ place: String
    ) -> [String] {
        switch (keyword, object) {
        case ("required", let object?):
            return (wanted.array ?? []).compactMap(\.string).filter { object[$0] == nil }
                .map { "\(place): required \($0)" }
        case ("dependentRequired", let object?):
            return (wanted.object?.members ?? []).filter { object[$0.name] != nil }
                .flatMap { members(of: object, "required", $0.value, place) }
        case ("properties", let object?):
            return (wanted.object?.members ?? []).flatMap { member in
                object[member.name].map { violations(of: $0, member.value, "\(place).\(member.name)") } ?? []
            }
        case ("minProperties", let object?):
            return object.members.count >= Int(wanted.integer ?? 0) ? [] : ["\(place): minProperties \(wanted.text)"]
        case ("maxProperties", let object?):
            return object.members.count <= Int(wanted.integer ?? 0) ? [] : ["\(place): maxProperties \(wanted.text)"]
        case ("required", nil), ("dependentRequired", nil), ("properties", nil), ("minProperties", nil),
            ("maxProperties", nil):
            return []
        default: return ["\(place): the keyword \(keyword) is not known here"]
        }
    }

    /// `additionalProperties` is false, or what the other members are.
    private func otherMembers(
        of object: JSONObject?, _ wanted: JSONValue, _ known: JSONObject?, _ place: String
    ) -> [String] {
        (object?.members ?? []).filter { known?[$0.name] == nil }.flatMap { member in
            wanted.object == nil
                ? ["\(place): unknown \(member.name)"]
                : violations(of: member.value, wanted, "\(place).\(member.name)")
        }
    }

    private func referred(_ path: String?) -> JSONValue? {
        guard let path, path.hasPrefix("#/$defs/") else { return nil }
        return root["$defs"]?.object?[String(path.dropFirst("#/$defs/".count))]
    }

    private func matches(_ text: String, _ pattern: String) -> Bool {
        guard let expression = try? Regex(pattern) else { return false }
        return text.firstMatch(of: expression) != nil
    }
}

extension JSONValue {
    /// What the language of schemas calls it.
    fileprivate var schemaType: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .integer: "integer"
        case .real: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
