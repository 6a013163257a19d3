/// Why a text is not JSON as we take it, and where.
public struct JSONError: Error, Equatable, CustomStringConvertible {
    /// What is wrong, in jansson's words or ours.
    public let message: String
    /// Where it was noticed.
    public let position: JSONPosition

    /// `3:14: unexpected token near '}'`.
    public var description: String { "\(position): \(message)" }
}

/// A place in a text.
public struct JSONPosition: Sendable, Equatable, CustomStringConvertible {
    /// The line, from 1.
    public let line: Int
    /// The column in bytes, from 1.
    public let column: Int

    /// A place.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// The place of the byte at an offset.
    init(of offset: Int, in bytes: [UInt8]) {
        let before = bytes.prefix(offset)
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        line = before.count { $0 == UInt8(ascii: "\n") } + 1
        column = offset - lineStart + 1
    }

    /// The places of the bytes at some offsets, which must rise.
    static func positions(of offsets: [Int], in bytes: [UInt8]) -> [JSONPosition] {
        var (line, lineStart, seen) = (1, 0, 0)
        return offsets.map { offset in
            for index in seen..<offset where bytes[index] == UInt8(ascii: "\n") {
                line += 1
                lineStart = index + 1
            }
            seen = offset
            return JSONPosition(line: line, column: offset - lineStart + 1)
        }
    }

    /// `3:14`.
    public var description: String { "\(line):\(column)" }
}
