import CommandCatalog

/// Output that is fetched piece by piece: what is still to come.
struct StoredOutput: Equatable, Sendable {
    /// The next piece to ask for; `nil` when all is there.
    private(set) var next: OutputRequest?
    /// How many bytes are wanted besides; `nil`: to the end.
    private var wanted: Int64?

    /// Begins; `nil` when the request is not about output.
    init?(_ request: TaskRequest) {
        guard case .fetch(let first) = request.verb else { return nil }
        next = first
        wanted = request.wanted
    }

    /// Takes the message of an answer; `nil` when it is not the piece that was asked for.
    mutating func take(_ message: String) -> [UInt8]? {
        guard let request = next, let piece = OutputPiece(message: message), piece.offset == request.offset,
            Int64(piece.data.count) <= request.length
        else { return nil }
        let count = Int64(piece.data.count)
        let (end, isTooFar) = piece.offset.addingReportingOverflow(count)
        guard !isTooFar else { return nil }
        wanted = wanted.map { $0 - count }
        let left = min(wanted ?? OutputRequest.usualLength, OutputRequest.usualLength)
        next =
            count > 0 && end < piece.total && left > 0
            ? OutputRequest(taskID: request.taskID, stream: request.stream, offset: end, length: left) : nil
        return piece.data
    }
}
