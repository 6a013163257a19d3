public import CommandCatalog
public import JSON

/// All that a replacer is told: what becomes of whose configuration, and how that is done here.
public struct ReplacementOrder: Sendable, Equatable {
    /// Whether a broker must be reached afterwards.
    public enum Confirmation: String, Sendable {
        /// It need not.
        case none
        /// It must, if one was reached before.
        case asBefore = "as-before"
        /// It must.
        case required
    }

    /// What is asked for.
    public var request: ReplaceRequest
    /// What the request is known by: a replacement that was cut off goes on under the same name.
    public var identity: String
    /// How the service is.
    public var definition: ConfigurationDefinition
    /// Whether a broker must be reached.
    public var confirmation: Confirmation
    /// Within which time.
    public var confirmTime: Duration
    /// The state directory of the agent that must reach it, and in which versions are kept.
    public var stateDirectory: String
    /// How many versions are kept.
    public var mostVersions: Int
    /// Who asks, for the history.
    public var by: String?
    /// Why, for the history.
    public var reason: String?

    /// An order.
    public init(
        _ request: ReplaceRequest, identity: String, definition: ConfigurationDefinition, confirmation: Confirmation,
        confirmTime: Duration = .seconds(60), stateDirectory: String, mostVersions: Int = 10, by: String? = nil,
        reason: String? = nil
    ) {
        (self.request, self.identity, self.definition) = (request, identity, definition)
        (self.confirmation, self.confirmTime) = (confirmation, confirmTime)
        (self.stateDirectory, self.mostVersions) = (stateDirectory, mostVersions)
        (self.by, self.reason) = (by, reason)
    }

    /// How long it may take at most: forward, and all the way back.
    public var longestTime: Duration {
        let actions = [definition.check, definition.running].compactMap { $0?.timeout }.reduce(Duration.zero, +)
        let taking: Duration = .seconds(240)
        return actions * 4 + (definition.startTime + definition.settleTime + taking) * 2 + confirmTime
            + .seconds(60)
    }

    /// The version of this form.
    private static let version: Int64 = 1

    /// The form of the file by which it is handed over.
    public var json: JSONValue {
        var object: JSONObject = [
            "v": .integer(Self.version), "identity": .string(identity), "request": request.json,
            "definition": definition.json, "confirmation": .string(confirmation.rawValue),
            "confirm": confirmTime.json, "state": .string(stateDirectory), "versions": .integer(Int64(mostVersions)),
        ]
        object["by"] = by.map(JSONValue.string)
        object["reason"] = reason.map(JSONValue.string)
        return .object(object)
    }

    /// Reads that form; `nil` when it is none of ours.
    public init?(json: JSONValue) {
        guard let object = json.object, object["v"]?.integer == Self.version,
            let request = (try? object["request"].map { try ReplaceRequest($0) }) ?? nil,
            let identity = object["identity"]?.string,
            let definition = object["definition"].flatMap(ConfigurationDefinition.init(json:)),
            let confirmation = object["confirmation"]?.string.flatMap(Confirmation.init(rawValue:)),
            let confirmTime = Duration(json: object["confirm"]), let state = object["state"]?.string,
            let versions = object["versions"]?.integer
        else { return nil }
        self.init(
            request, identity: identity, definition: definition, confirmation: confirmation, confirmTime: confirmTime,
            stateDirectory: state, mostVersions: Int(clamping: versions), by: object["by"]?.string,
            reason: object["reason"]?.string)
    }
}
