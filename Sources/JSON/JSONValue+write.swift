internal import CJansson
internal import Glibc

extension JSONValue {
    /// The value as JSON text on one line, members in their order, UTF-8.
    ///
    /// A NUL inside a string is written `\u0000`. A real that is no number is written as `null`.
    public var bytes: [UInt8] { dumped(Int(JSON_COMPACT)) }

    /// The value as JSON text on one line.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The value as people write it into a file: a member or an element a line, each level two spaces further in.
    public var indentedText: String { String(decoding: dumped(2), as: UTF8.self) + "\n" }

    /// As jansson writes it with these flags, of which a number below 32 is an indentation.
    private func dumped(_ style: Int) -> [UInt8] {
        let tree = janssonTree
        defer { json_decref(tree) }
        let flags = style | Int(JSON_ENCODE_ANY)
        // The size first, then the text: jansson counts without writing when it is given no room.
        let count = json_dumpb(tree, nil, 0, flags)
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            written = buffer.withMemoryRebound(to: CChar.self) { json_dumpb(tree, $0.baseAddress, count, flags) }
        }
    }

    private var janssonTree: UnsafeMutablePointer<json_t> {
        guard let tree = makeJanssonTree() else {
            // jansson fails only when memory is exhausted: every other reason is excluded by the types.
            preconditionFailure("out of memory for a JSON value")
        }
        return tree
    }

    private func makeJanssonTree() -> UnsafeMutablePointer<json_t>? {
        switch self {
        case .null: return json_null()
        case .bool(let value): return value ? json_true() : json_false()
        case .integer(let value): return json_integer(json_int_t(value))
        case .real(let value): return value.isFinite ? json_real(value) : json_null()
        case .string(var value): return value.withUTF8 { Self.janssonString($0) }
        case .array(let elements):
            let array = json_array()
            for element in elements { json_array_append_new(array, element.janssonTree) }
            return array
        case .object(let object):
            let tree = json_object()
            for member in object.members { json_object_set_new_nocheck(tree, member.name, member.value.janssonTree) }
            return tree
        }
    }

    private static func janssonString(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeMutablePointer<json_t>? {
        bytes.withMemoryRebound(to: CChar.self) { json_stringn_nocheck($0.baseAddress ?? emptyText, $0.count) }
    }

    /// An empty string's buffer may have no address, which jansson refuses.
    private static var emptyText: UnsafePointer<CChar> {
        let literal: StaticString = ""
        return UnsafeRawPointer(literal.utf8Start).assumingMemoryBound(to: CChar.self)
    }
}
