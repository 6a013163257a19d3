/// The way from the root of a JSON document to one of its values.
public struct JSONPath: Sendable, Equatable {
    /// One step down.
    public enum Step: Sendable, Equatable {
        /// Into the member of an object.
        case member(String)
        /// To the element of an array, from 0.
        case element(Int)

        /// Whether both lead the same way; names are compared by their bytes.
        public static func == (left: Step, right: Step) -> Bool {
            switch (left, right) {
            case (.member(let left), .member(let right)): left.utf8.elementsEqual(right.utf8)
            case (.element(let left), .element(let right)): left == right
            default: false
            }
        }
    }

    /// The steps from the root.
    public let steps: [Step]

    /// A path of these steps; without any, the root.
    public init(_ steps: [Step] = []) {
        self.steps = steps
    }

    /// The path to the member of the object at this path.
    public func member(_ name: String) -> JSONPath { JSONPath(steps + [.member(name)]) }

    /// The path to the element of the array at this path.
    public func element(_ index: Int) -> JSONPath { JSONPath(steps + [.element(index)]) }
}

extension JSONPath: CustomStringConvertible {
    /// `Services.hello.commands.exec`, `program[0]`; names with other characters are quoted: `Services["a b"]`.
    public var description: String {
        steps.reduce(into: "") { text, step in
            switch step {
            case .element(let index): text += "[\(index)]"
            case .member(let name) where Self.isPlain(name): text += text.isEmpty ? name : ".\(name)"
            case .member(let name): text += "[\(name.debugDescription)]"
            }
        }
    }

    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { isWordByte($0) }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        case UInt8(ascii: "/"), UInt8(ascii: "@"): true
        default: false
        }
    }
}
