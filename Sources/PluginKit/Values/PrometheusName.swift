/// What a metric is called in Prometheus' text form.
public struct PrometheusName: Sendable, Hashable {
    /// The collectd type of the metric.
    public let type: String
    /// Its type instance; `nil`: every one of the type, each as the value of the label ``label``.
    public let typeInstance: String?
    /// The name there: `recoverd_…`; a count ends in `_total`.
    public let name: String
    /// The label that tells the type instances apart.
    public let label: String?
    /// What the metric is, in one sentence.
    public let help: String

    /// The name of one metric.
    public init(_ type: String, _ typeInstance: String, as name: String, _ help: String) {
        (self.type, self.typeInstance, self.name, label, self.help) = (type, typeInstance, name, nil, help)
    }

    /// The name of all metrics of a type.
    public init(_ type: String, by label: String, as name: String, _ help: String) {
        (self.type, typeInstance, self.name, self.label, self.help) = (type, nil, name, label, help)
    }
}
