/// Collects the mistakes and warnings of everything that is read together: a main file and the files beside it.
///
/// It lives while one configuration is read and is not shared between threads.
public final class ConfigurationReport {
    /// What makes the configuration unusable.
    public private(set) var mistakes: [ConfigurationProblem] = []
    /// What the operator should know; the configuration is used all the same.
    public private(set) var warnings: [ConfigurationProblem] = []

    /// A report without problems.
    public init() {}

    /// Notes a mistake, once: two readers may look at one key.
    public func addMistake(_ problem: ConfigurationProblem) {
        if !mistakes.contains(problem) { mistakes.append(problem) }
    }

    /// Notes a warning, once.
    public func addWarning(_ problem: ConfigurationProblem) {
        if !warnings.contains(problem) { warnings.append(problem) }
    }

    /// Ends the reading.
    ///
    /// - Throws: All mistakes, if there is one.
    public func finish() throws(ConfigurationError) {
        guard mistakes.isEmpty else { throw ConfigurationError(mistakes) }
    }
}
