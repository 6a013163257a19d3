import CommandCatalog
import JSON
import TestSupport

/// One way to change a signed message on its way.
enum Mutation: CaseIterable {
    case bitFlip, byteChange, cut, swap, truncation, spelling, order, space, duplicate, otherKind, otherTarget, splice
    case removal, addition, otherSignature

    /// The payload after the change.
    ///
    /// - Parameters:
    ///   - task: A signed task.
    ///   - other: Another one, by the same key.
    ///   - chance: Where the place comes from.
    /// - Returns: The payload; it may be the same again, or no JSON.
    func apply(to task: JSONObject, _ other: JSONObject, _ chance: inout SeededGenerator) -> [UInt8] {
        switch self {
        case .bitFlip, .byteChange, .cut, .truncation, .spelling, .space:
            return bytes(JSONValue.object(task).bytes, &chance)
        case .duplicate:
            let member = chance.one(of: task.members)
            let value = chance.happens(onceIn: 2) ? member.value : other[member.name] ?? .null
            let text = JSONValue.object([member.name: value]).text
            return Array("\(text.dropLast()),\(JSONValue.object(task).text.dropFirst())".utf8)
        default:
            var task = task
            change(&task, other, &chance)
            return JSONValue.object(task).bytes
        }
    }

    private func bytes(_ message: [UInt8], _ chance: inout SeededGenerator) -> [UInt8] {
        var message = message
        let place = chance.number(below: message.count)
        switch self {
        case .bitFlip: message[place] ^= 1 << UInt8(chance.number(below: 8))
        case .byteChange: message[place] = UInt8(chance.number(below: 256))
        case .cut: message.removeSubrange(place..<min(message.count, place + 1 + chance.number(below: 4)))
        case .truncation: message.removeSubrange(place...)
        case .spelling:
            // An escape for the letter; where no letter stands it breaks the text.
            message.replaceSubrange(
                place...place, with: "\\u00\(String(256 + Int(message[place]), radix: 16).dropFirst())".utf8)
        default: message.insert(contentsOf: chance.one(of: [" ", "\n", "\t", "\r\n"]).utf8, at: place)
        }
        return message
    }

    private func change(_ task: inout JSONObject, _ other: JSONObject, _ chance: inout SeededGenerator) {
        switch self {
        case .swap:
            let (left, right) = (chance.one(of: task.members), chance.one(of: task.members))
            task[left.name] = right.value
            task[right.name] = left.value
        case .order: task = JSONObject(task.members.shuffled(using: &chance).map { ($0.name, $0.value) })
        case .otherKind: changeKind(&task, &chance)
        case .otherTarget:
            let target: JSONValue = chance.one(of: ["host/web02", "group/web", "host/web1", "", .null])
            task["target"] = target
            if chance.happens(onceIn: 2) { changeAuth(&task, "target", target) }
        case .splice:
            let name = chance.one(of: other.members).name
            task[name] = other[name]
        case .removal: task[chance.one(of: task.members).name] = nil
        case .addition:
            let name = chance.one(of: ["parameters", "expires", "from", "reason", "cause", "needs", "reply", "x", "v"])
            task[name] = chance.one(of: ["", "2026-11-21T08:04:00Z", [:], ["detail": true], ["auth"], 1])
        default: changeAuth(&task, chance.one(of: Self.authMembers), chance.one(of: Self.authValues))
        }
    }

    private func changeKind(_ task: inout JSONObject, _ chance: inout SeededGenerator) {
        let verbs = ["command", "check", "cancel", "fetch", "config"]
        guard let old = verbs.first(where: { task[$0] != nil }), let value = task[old] else { return }
        let new = chance.one(of: verbs)
        task[old] = nil
        if old == "command", new == "check" {
            task[new] = .object(
                JSONObject(
                    [("service", task["service"] ?? ""), ("command", value)]
                        + (task["parameters"].map { [("parameters", $0)] } ?? [])))
        } else if old == "check", new == "command" {
            for member in value.object?.members ?? [] { task[member.name] = member.value }
        } else if new == "fetch" {
            task[new] = ["task_id": value]
        } else {
            task[new] = value
        }
    }

    private func changeAuth(_ task: inout JSONObject, _ name: String, _ value: JSONValue) {
        guard var auth = task["auth"]?.object else { return }
        auth[name] = value
        task["auth"] = .object(auth)
    }

    private static let authMembers = ["v", "alg", "kid", "target", "expires", "nonce", "challenge", "sig", "x"]
    private static let authValues: [JSONValue] = [
        "", "a", "c1", "host/web01", "group/web", "ed25519", "none", "ops-2026a", 1, 2, .null, [:],
        "2026-11-21T08:04:00Z", .string(Base64.text([UInt8](repeating: 0, count: 64))),
    ]
}
