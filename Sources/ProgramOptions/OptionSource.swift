import ConfigurationReader

/// A place where options stand.
package protocol OptionSource {
    /// The value of an option; `nil` when the source does not name it.
    func value<Value>(_ option: OptionName, _ kind: OptionKind<Value>) throws(UsageError) -> Value?
}

/// Options that are texts: those of the command line and of the environment.
package struct OptionTexts: OptionSource {
    let texts: [OptionName: String]
    /// What an option is called in this source.
    let name: (OptionName) -> String

    /// The options of the command line.
    package static func commandLine(_ texts: [OptionName: String]) -> Self { Self(texts: texts) { $0.flag } }

    /// The options of the environment.
    ///
    /// A variable that is set to nothing counts as not set.
    package static func environment(_ variable: (String) -> String?) -> Self {
        let pairs = OptionName.allCases.compactMap { option in
            variable(option.variable).flatMap { $0.isEmpty ? nil : (option, $0) }
        }
        return Self(texts: Dictionary(uniqueKeysWithValues: pairs)) { $0.variable }
    }

    package func value<Value>(_ option: OptionName, _ kind: OptionKind<Value>) throws(UsageError) -> Value? {
        guard let text = texts[option] else { return nil }
        guard let value = kind.parse(text) else { throw UsageError("\(name(option)): \(kind.complaint(about: text))") }
        return value
    }
}

/// Options in a file; mistakes go into the report of the section, all of them at once.
struct FileOptions: OptionSource {
    let section: ConfigurationSection

    func value<Value>(_ option: OptionName, _ kind: OptionKind<Value>) throws(UsageError) -> Value? {
        section.value(option.rawValue, kind.inFile)
    }
}
