internal import JSON

/// One configuration file: a JSON object that is read key by key.
public struct ConfigurationDocument {
    /// The file's name, as errors show it.
    public let file: String
    /// The outermost object.
    public let root: ConfigurationSection

    private let report: ConfigurationReport

    /// Parses the text of a file; `nil` when it is no JSON object, which the report then says.
    public init?(file: String, text: [UInt8], report: ConfigurationReport) {
        guard let text = Self.parse(file: file, text: text, report: report) else { return nil }
        guard let object = text.value.object else {
            report.addMistake(Self.problem(file, nil, "expected an object {…}, found \(text.value.summary)"))
            return nil
        }
        let source = ConfigurationSource(file: file, text: text, report: report)
        self.file = file
        self.report = report
        root = ConfigurationSection(object: object, path: JSONPath(), source: source)
    }

    /// Reports every key of the file that nobody asked for.
    public func reportUnknownKeys() {
        root.reportUnknownKeys()
    }

    private static func parse(file: String, text: [UInt8], report: ConfigurationReport) -> JSONText? {
        guard text.contains(where: { $0 > UInt8(ascii: " ") }) else {
            report.addMistake(problem(file, nil, "the file is empty; the smallest one is {}"))
            return nil
        }
        do throws(JSONError) {
            return try JSONText(text)
        } catch {
            report.addMistake(problem(file, error.position, "no valid JSON: \(error.message)"))
            return nil
        }
    }

    private static func problem(_ file: String, _ position: JSONPosition?, _ message: String) -> ConfigurationProblem {
        ConfigurationProblem(file: file, position: position, message: message)
    }
}

/// What the sections of one file share.
final class ConfigurationSource {
    let file: String
    let text: JSONText
    let report: ConfigurationReport

    init(file: String, text: JSONText, report: ConfigurationReport) {
        self.file = file
        self.text = text
        self.report = report
    }
}
