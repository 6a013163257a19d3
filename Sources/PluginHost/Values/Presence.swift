/// The payloads of the topic `online`; nothing else is ever published there.
enum Presence {
    static let here: [UInt8] = Array("1".utf8)
    static let away: [UInt8] = Array("0".utf8)
}
