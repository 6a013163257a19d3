import CommandCatalog

extension Report {
    /// What the host has signed of a stream, where something else was shown while the command ran.
    struct Correction: Equatable {
        /// For standard error.
        let alarm: String
        /// What is to be shown on the stream after it.
        let text: String
    }

    /// What must be said about a stream that was followed; `nil` when what was shown is what the host has signed, as far as it
    /// tells, or when it has signed nothing.
    func correction(_ ending: Ending, of stream: OutputStream, followed: FollowedOutput) -> Correction? {
        guard case .answered(let answer) = ending, let signed = answer.signedOutput(of: stream),
            followed.end(of: stream) > 0, !followed.agrees(with: signed, on: stream)
        else { return nil }
        let (name, host) = (stream.rawValue, answer.detail?.host ?? "the host")
        let alarm = "WARNING: what was shown of \(name) while the command ran is not what \(host) has signed; "
        guard !signed.text.isEmpty else {
            return Correction(alarm: alarm + "it has signed that nothing was printed", text: "")
        }
        let text = signed.text.utf8.last == UInt8(ascii: "\n") ? signed.text : signed.text + "\n"
        return Correction(alarm: alarm + "what it signed follows", text: shown(piece: text))
    }
}
