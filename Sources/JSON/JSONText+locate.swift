extension JSONText {
    /// Where the value at a path begins; where the path leads nowhere, where its last existing part begins.
    ///
    /// jansson keeps no positions, so the text is walked a second time; only errors pay for it.
    public func position(of path: JSONPath) -> JSONPosition {
        var scanner = JSONScanner(bytes)
        scanner.walk(path.steps, toName: false)
        return scanner.position
    }

    /// Where the name of the member at a path begins.
    public func positionOfName(at path: JSONPath) -> JSONPosition {
        var scanner = JSONScanner(bytes)
        scanner.walk(path.steps, toName: true)
        return scanner.position
    }

    /// Where each element of the array at a path begins; one walk for all of them.
    public func positions(ofElementsAt path: JSONPath) -> [JSONPosition] {
        var scanner = JSONScanner(bytes)
        scanner.walk(path.steps, toName: false)
        return JSONPosition.positions(of: scanner.elements(), in: bytes)
    }
}

/// A walk through a text that is known to be valid JSON.
private struct JSONScanner {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The place of the next token.
    var position: JSONPosition { JSONPosition(of: offset, in: bytes) }

    /// Goes down step by step and stops in front of the value (or the name of the last member).
    mutating func walk(_ steps: [JSONPath.Step], toName: Bool) {
        skipSpace()
        for (depth, step) in steps.enumerated() {
            let start = offset
            let found =
                switch step {
                case .member(let name): enterMember(name, stopAtName: toName && depth == steps.count - 1)
                case .element(let index): enterElement(index)
                }
            guard found else {
                offset = start
                return
            }
        }
    }

    private mutating func enterMember(_ name: String, stopAtName: Bool) -> Bool {
        guard take("{") else { return false }
        while !take("}"), offset < bytes.count {
            let start = offset
            let found = string() == Array(name.utf8)
            if found && stopAtName {
                offset = start
                return true
            }
            skipSpace()
            _ = take(":")
            if found { return true }
            skipValue()
            _ = take(",")
        }
        return false
    }

    private mutating func enterElement(_ index: Int) -> Bool {
        guard take("[") else { return false }
        for _ in 0..<index {
            guard next != UInt8(ascii: "]") else { return false }
            skipValue()
            _ = take(",")
        }
        return next != UInt8(ascii: "]")
    }

    /// The offsets of the elements of the array that begins here; none where there is no array.
    mutating func elements() -> [Int] {
        var offsets: [Int] = []
        guard take("[") else { return [] }
        while let byte = next, byte != UInt8(ascii: "]") {
            offsets.append(offset)
            skipValue()
            _ = take(",")
        }
        return offsets
    }

    private mutating func skipValue() {
        var depth = 0
        repeat {
            switch next {
            case UInt8(ascii: "\""): _ = string()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                offset += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                offset += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"): offset += 1
            default: skipScalar()
            }
            skipSpace()
        } while depth > 0 && offset < bytes.count
    }

    private mutating func skipScalar() {
        while let byte = next, byte > UInt8(ascii: " "), !",:]}".utf8.contains(byte) { offset += 1 }
    }

    /// The bytes of the string that begins here, its escapes resolved, and the space behind it.
    private mutating func string() -> [UInt8] {
        let start = offset
        offset += 1
        while let byte = next, byte != UInt8(ascii: "\"") { offset += byte == UInt8(ascii: "\\") ? 2 : 1 }
        offset = min(offset + 1, bytes.count)
        let raw = bytes[start..<offset]
        skipSpace()
        guard raw.contains(UInt8(ascii: "\\")) else { return Array(raw.dropFirst().dropLast()) }
        // Escaped names are rare enough for the parser itself.
        let text = try? JSONText([UInt8(ascii: "[")] + raw + [UInt8(ascii: "]")])
        return (text?.value.array?.first?.string).map { Array($0.utf8) } ?? []
    }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        offset += 1
        skipSpace()
        return true
    }

    private mutating func skipSpace() {
        while let byte = next, byte <= UInt8(ascii: " ") { offset += 1 }
    }
}
