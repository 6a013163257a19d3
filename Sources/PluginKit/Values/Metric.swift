public import CommandCatalog

/// One reading of one thing, as collectd has it: an identity, a time, and one or several values.
public struct Metric: Sendable, Equatable {
    /// What was measured.
    public let identity: MetricIdentity
    /// When.
    public let time: Timestamp
    /// How often it is measured.
    public let interval: Duration
    /// The values, in the order of the type's definition (collectd's types.db).
    public let sources: [DataSource]

    /// A metric.
    public init(identity: MetricIdentity, time: Timestamp, interval: Duration, sources: [DataSource]) {
        self.identity = identity
        self.time = time
        self.interval = interval
        self.sources = sources
    }
}

/// What a metric measures (collectd's identifier).
public struct MetricIdentity: Sendable, Hashable {
    /// The host.
    public let host: String
    /// The plugin that measured.
    public let plugin: String
    /// Which of several things of the plugin; may be empty.
    public let pluginInstance: String
    /// The collectd type.
    public let type: String
    /// Which of several of the type; may be empty.
    public let typeInstance: String

    /// An identity.
    public init(host: String, plugin: String, pluginInstance: String = "", type: String, typeInstance: String = "") {
        self.host = host
        self.plugin = plugin
        self.pluginInstance = pluginInstance
        self.type = type
        self.typeInstance = typeInstance
    }
}

extension MetricIdentity: CustomStringConvertible {
    /// collectd's form: `web01/memory/memory-free`.
    public var description: String {
        func joined(_ name: String, _ instance: String) -> String { instance.isEmpty ? name : "\(name)-\(instance)" }
        return "\(host)/\(joined(plugin, pluginInstance))/\(joined(type, typeInstance))"
    }
}

/// One value of a metric.
public struct DataSource: Sendable, Equatable {
    /// Its name within the type; `value` for the only one.
    public let name: String
    /// The value.
    public let value: DataValue

    /// A value with a name.
    public init(_ value: DataValue, name: String = "value") {
        self.name = name
        self.value = value
    }
}

/// A value with its kind (collectd's data source types).
public enum DataValue: Sendable, Equatable {
    /// A value that goes up and down.
    case gauge(Double)
    /// A count whose change matters, which may go down.
    case derive(Int64)
    /// A count that only grows and wraps around.
    case counter(UInt64)
    /// A count that is reset at every reading.
    case absolute(UInt64)
}

extension DataValue: CustomStringConvertible {
    /// The number.
    public var description: String {
        switch self {
        case .gauge(let value): "\(value)"
        case .derive(let value): "\(value)"
        case .counter(let value), .absolute(let value): "\(value)"
        }
    }
}
