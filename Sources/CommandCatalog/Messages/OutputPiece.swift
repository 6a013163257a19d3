public import JSON

/// A piece of what a command printed, as the answer to ``Verb/fetch(_:)`` brings it: JSON text in the result's message.
public struct OutputPiece: Sendable, Equatable {
    /// How many bytes of the stream come before.
    public let offset: Int64
    /// How many bytes of the stream are kept by now; more may come while the command runs.
    public let total: Int64
    /// The bytes as the command wrote them.
    public let data: [UInt8]

    /// A piece.
    public init(offset: Int64, total: Int64, data: [UInt8]) {
        self.offset = offset
        self.total = total
        self.data = data
    }

    /// Reads the message of a result; `nil` when it is no piece.
    public init?(message: String) {
        guard let object = try? JSONText(Array(message.utf8)).value.object,
            let offset = object["offset"]?.integer, let total = object["total"]?.integer,
            let data = object["data"]?.string.flatMap(Base64.bytes), object["bytes"]?.integer == Int64(data.count)
        else { return nil }
        self.init(offset: offset, total: total, data: data)
    }

    /// The object that stands in the result's message.
    public var json: JSONValue {
        [
            "offset": .integer(offset), "bytes": .integer(Int64(data.count)), "total": .integer(total),
            "data": .string(Base64.text(data)),
        ]
    }
}
