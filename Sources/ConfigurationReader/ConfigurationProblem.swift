public import JSON

/// One mistake or warning about a configuration, with its place.
public struct ConfigurationProblem: Error, Sendable, Equatable {
    /// The file, as the operator named it.
    public let file: String
    /// The place within the file; `nil` when the file as a whole is meant.
    public let position: JSONPosition?
    /// The key, such as `Services.hello.commands.exec`; empty for the whole file.
    public let path: JSONPath
    /// What was wanted, what was found, and what to do.
    public let message: String

    /// A problem at a place.
    public init(file: String, position: JSONPosition? = nil, path: JSONPath = JSONPath(), message: String) {
        self.file = file
        self.position = position
        self.path = path
        self.message = message
    }
}

extension ConfigurationProblem: CustomStringConvertible {
    /// `monitor-config.json:3:39: Plugins.load.intervl: unknown key; …`.
    public var description: String {
        let file = file.isEmpty ? "\"\"" : file
        let place = position.map { "\(file):\($0)" } ?? file
        return path.steps.isEmpty ? "\(place): \(message)" : "\(place): \(path): \(message)"
    }
}

/// All mistakes of a configuration together, so that the operator corrects them in one go.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The mistakes, in the order in which they were found; at least one.
    public let mistakes: [ConfigurationProblem]

    /// An error of these mistakes.
    public init(_ mistakes: [ConfigurationProblem]) {
        self.mistakes = mistakes
    }

    /// One mistake a line.
    public var description: String {
        mistakes.map(\.description).joined(separator: "\n")
    }
}
