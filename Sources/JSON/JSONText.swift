internal import CJansson

/// A JSON text and its value; the only place where jansson reads.
///
/// Strict: one object or array, valid UTF-8 without byte order mark, no member name twice in an object (an attacker must
/// not make two readers see two values), no `\u0000` unless it is asked for, integers within 64 bits, nesting within a
/// stated depth.
public struct JSONText: Sendable {
    /// The text as it was given.
    public let bytes: [UInt8]
    /// What it says.
    public let value: JSONValue

    /// Parses a text.
    ///
    /// - Parameters:
    ///   - bytes: The text, UTF-8.
    ///   - maximumDepth: How deep objects and arrays may nest; the outermost is depth 1.
    ///   - allowsNUL: Whether a value (never a name) may hold `\u0000`; the output of a command may.
    /// - Throws: What is wrong with the text, and where.
    public init(_ bytes: [UInt8], maximumDepth: Int = 32, allowsNUL: Bool = false) throws(JSONError) {
        self.bytes = bytes
        value = try Self.parse(bytes, maximumDepth: maximumDepth, flags: allowsNUL ? Self.allowNUL : 0)
    }

    private static func parse(_ bytes: [UInt8], maximumDepth: Int, flags: Int) throws(JSONError) -> JSONValue {
        var failure = json_error_t()
        let root = bytes.withUnsafeBytes { buffer in
            // An empty array has no base address, and jansson refuses a null buffer without saying where.
            let start = buffer.baseAddress ?? UnsafeRawPointer(Self.nothing)
            return json_loadb(start, buffer.count, rejectDuplicates | flags, &failure)
        }
        guard let root else { throw JSONError(failure, in: bytes) }
        defer { json_decref(root) }
        guard let value = JSONValue(root, depthLeft: maximumDepth) else {
            throw JSONError(
                message: "nested deeper than \(maximumDepth) levels",
                position: JSONPosition(line: 1, column: 1)
            )
        }
        return value
    }

    private static var rejectDuplicates: Int { Int(JSON_REJECT_DUPLICATES) }
    private static var allowNUL: Int { Int(JSON_ALLOW_NUL) }
    private static var nothing: StaticString { "" }
}

extension UnsafeRawPointer {
    /// The first byte of a literal, which lives for ever.
    fileprivate init(_ literal: StaticString) {
        self.init(literal.utf8Start)
    }
}

extension JSONError {
    /// What jansson found, at the last byte that it had read; its own column counts characters.
    fileprivate init(_ error: json_error_t, in bytes: [UInt8]) {
        let last = min(max(0, Int(error.position) - 1), bytes.count)
        self.init(
            message: withUnsafeBytes(of: error.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) },
            position: JSONPosition(of: last, in: bytes)
        )
    }
}

extension JSONValue {
    /// Copies a jansson value; `nil` when it nests deeper than allowed.
    fileprivate init?(_ value: UnsafeMutablePointer<json_t>, depthLeft: Int) {
        switch value.pointee.type {
        case JSON_OBJECT:
            guard let object = Self.object(value, depthLeft: depthLeft - 1) else { return nil }
            self = .object(object)
        case JSON_ARRAY:
            guard let array = Self.array(value, depthLeft: depthLeft - 1) else { return nil }
            self = .array(array)
        case JSON_STRING: self = .string(Self.string(json_string_value(value), json_string_length(value)))
        case JSON_INTEGER: self = .integer(Int64(json_integer_value(value)))
        case JSON_REAL: self = .real(json_real_value(value))
        case JSON_TRUE: self = .bool(true)
        case JSON_FALSE: self = .bool(false)
        default: self = .null
        }
    }

    private static func object(_ value: UnsafeMutablePointer<json_t>, depthLeft: Int) -> JSONObject? {
        guard depthLeft >= 0 else { return nil }
        var members: [JSONObject.Member] = []
        members.reserveCapacity(json_object_size(value))
        var iterator = json_object_iter(value)
        while let current = iterator {
            guard let key = json_object_iter_key(current), let member = json_object_iter_value(current),
                let copy = JSONValue(member, depthLeft: depthLeft)
            else { return nil }
            members.append(JSONObject.Member(name: String(cString: key), value: copy))
            iterator = json_object_iter_next(value, current)
        }
        return JSONObject(distinct: members)
    }

    private static func array(_ value: UnsafeMutablePointer<json_t>, depthLeft: Int) -> [JSONValue]? {
        guard depthLeft >= 0 else { return nil }
        var elements: [JSONValue] = []
        elements.reserveCapacity(json_array_size(value))
        for index in 0..<json_array_size(value) {
            guard let element = json_array_get(value, index), let copy = JSONValue(element, depthLeft: depthLeft)
            else { return nil }
            elements.append(copy)
        }
        return elements
    }

    private static func string(_ start: UnsafePointer<CChar>?, _ length: Int) -> String {
        guard let start else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
    }
}
