import PluginKit

/// Metrics in Prometheus' text form (text-based exposition format, version 0.0.4).
struct PrometheusText {
    /// What a number is to Prometheus.
    enum Kind: String {
        case counter
        case gauge
    }

    private struct Family {
        let kind: Kind
        let help: String
        var lines: [String] = []
    }

    private var families: [String: Family] = [:]

    /// Adds a number.
    mutating func add(
        _ name: String, _ kind: Kind, _ help: String, _ labels: [(name: String, value: String)] = [], _ value: DataValue
    ) {
        let texts = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
        let label = texts.isEmpty ? "" : "{\(texts.joined(separator: ","))}"
        families[name, default: Family(kind: kind, help: help)].lines.append("\(name)\(label) \(Self.number(value))")
    }

    /// Adds a metric of a plugin, under the name that it has for it, or by the general rule.
    mutating func add(_ metric: Metric, names: [PrometheusName]) {
        let identity = metric.identity
        let name = names.first {
            $0.type == identity.type && ($0.typeInstance ?? identity.typeInstance) == identity.typeInstance
        }
        for source in metric.sources {
            guard let name else {
                add(source, of: identity)
                continue
            }
            let labels = name.label.map { [(name: $0, value: identity.typeInstance)] } ?? []
            add(name.name, Self.kind(source.value), name.help, labels, source.value)
        }
    }

    /// The general rule: `recoverd_PLUGIN_TYPE`, behind it the name of a source of several, and `_total` for a count.
    private mutating func add(_ source: DataSource, of identity: MetricIdentity) {
        let kind = Self.kind(source.value)
        let words = ["recoverd", identity.plugin, identity.type] + (source.name == "value" ? [] : [source.name])
        let name = words.map(Self.word).joined(separator: "_") + (kind == .counter ? "_total" : "")
        let labels = [("instance", identity.pluginInstance), ("type", identity.typeInstance)].filter { !$0.1.isEmpty }
        add(
            name, kind, "collectd's \(identity.plugin)/\(identity.type).",
            labels.map { (name: $0.0, value: $0.1) }, source.value)
    }

    /// The text, in the order of the names.
    var text: String {
        families.sorted { $0.key < $1.key }.map { name, family in
            (["# HELP \(name) \(family.help)", "# TYPE \(name) \(family.kind)"] + family.lines.sorted())
                .map { $0 + "\n" }.joined()
        }.joined()
    }

    private static func kind(_ value: DataValue) -> Kind {
        switch value {
        case .gauge, .absolute: .gauge
        case .derive, .counter: .counter
        }
    }

    /// As Go reads numbers.
    private static func number(_ value: DataValue) -> String {
        guard case .gauge(let value) = value else { return value.description }
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && value.magnitude < 1e15 ? "\(Int64(value))" : "\(value)"
    }

    /// What may stand in a name.
    private static func word(_ text: String) -> String {
        String(
            text.unicodeScalars.map { scalar in
                let isLetter =
                    ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
                return isLetter ? Character(scalar) : "_"
            })
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
