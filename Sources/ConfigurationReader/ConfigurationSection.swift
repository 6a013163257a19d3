internal import Glibc
public import JSON

/// One object of a configuration file, asked key by key.
///
/// It notes which keys were asked for, so that the others can be reported; it reports every mistake and lets the reading
/// go on, so that the operator sees all of them at once. A section is used on one thread, while a file is read.
///
///     init?(_ section: ConfigurationSection) {
///         timeout = section.value("timeout", .duration(in: .seconds(1)...(.seconds(60))), default: .seconds(5))
///         guard let topic = section.required("topic", .text) else { return nil }
///         self.topic = topic
///     }
public final class ConfigurationSection {
    /// Where the section stands in its file.
    public let path: JSONPath
    /// The members as written, for those who compare two versions of a section.
    public let object: JSONObject

    private let source: ConfigurationSource
    // Dictionaries, so that a catalog of ten thousand commands is not searched through for each of them.
    private let values: [Key: JSONValue]
    private var known: Set<Key> = []
    private var children: [Key: ConfigurationSection] = [:]
    private var elements: [Key: [ConfigurationSection]] = [:]
    private let knownPosition: JSONPosition?

    init(object: JSONObject, path: JSONPath, source: ConfigurationSource, position: JSONPosition? = nil) {
        self.object = object
        self.path = path
        self.source = source
        knownPosition = position
        values = Dictionary(uniqueKeysWithValues: object.members.map { (Key($0.name), $0.value) })
    }

    /// Where the problems of this section go.
    public var report: ConfigurationReport { source.report }

    /// The file that the section was read from.
    public var file: String { source.file }

    /// Where the section begins.
    public var position: JSONPosition { knownPosition ?? source.text.position(of: path) }

    /// The value of a key as it is written; does not count as asking for it.
    public subscript(key: String) -> JSONValue? { values[Key(key)] }

    /// Whether the key is there; counts as asking for it.
    public func contains(_ key: String) -> Bool {
        note(key)
        return self[key] != nil
    }

    /// The value of an optional key; `nil` when it is absent or wrong (which is reported).
    public func value<Value>(_ key: String, _ kind: ConfigurationValue<Value>) -> Value? {
        note(key)
        return self[key].flatMap { decode($0, kind, at: path.member(key)) }
    }

    /// The value of an optional key, or the default when it is absent or wrong (which is reported).
    public func value<Value>(_ key: String, _ kind: ConfigurationValue<Value>, default: Value) -> Value {
        value(key, kind) ?? `default`
    }

    /// The value of a key that must be there; `nil` when it is absent or wrong (both are reported).
    public func required<Value>(_ key: String, _ kind: ConfigurationValue<Value>) -> Value? {
        if self[key] == nil { mistake("needs \"\(key)\": \(kind.expected)") }
        return value(key, kind)
    }

    /// The elements of an array; `nil` when the key is absent; wrong elements are reported and left out.
    public func list<Value>(_ key: String, of kind: ConfigurationValue<Value>) -> [Value]? {
        note(key)
        guard let value = self[key] else { return nil }
        guard let elements = value.array else {
            mistake("expected an array, found \(value.summary)", at: key)
            return nil
        }
        return elements.enumerated().compactMap { index, element in
            decode(element, kind, at: path.member(key).element(index))
        }
    }

    /// The object under a key; `nil` when it is absent or no object (which is reported).
    public func section(_ key: String) -> ConfigurationSection? {
        note(key)
        guard let value = self[key] else { return nil }
        guard let child = value.object else {
            mistake("expected an object {…}, found \(value.summary)", at: key)
            return nil
        }
        return open(child, at: key)
    }

    /// An object that is not there, as if it stood empty under a key: all of it are defaults.
    public func absentSection(_ key: String) -> ConfigurationSection {
        ConfigurationSection(object: JSONObject(), path: path.member(key), source: source)
    }

    /// The members of this section that are objects, by name, in their order; others are reported.
    ///
    /// Comments (keys that begin with `//`) are left out.
    public func sections() -> [(name: String, section: ConfigurationSection)] {
        names().compactMap { name in section(name).map { (name, $0) } }
    }

    /// The elements of an array of objects; `nil` when the key is absent or no array; elements that are no objects are
    /// reported and left out.
    public func sections(in key: String) -> [ConfigurationSection]? {
        note(key)
        guard let value = self[key] else { return nil }
        guard let list = value.array else {
            mistake("expected an array of objects, found \(value.summary)", at: key)
            return nil
        }
        if let opened = elements[Key(key)] { return opened }
        let array = path.member(key)
        let positions = source.text.positions(ofElementsAt: array)
        let sections = zip(list, positions).enumerated().compactMap { index, element in
            section(of: element.0, at: array.element(index), element.1)
        }
        elements[Key(key)] = sections
        return sections
    }

    private func section(of value: JSONValue, at path: JSONPath, _ position: JSONPosition) -> ConfigurationSection? {
        if let object = value.object {
            return ConfigurationSection(object: object, path: path, source: source, position: position)
        }
        let message = "expected an object {…}, found \(value.summary)"
        source.report.addMistake(
            ConfigurationProblem(file: source.file, position: position, path: path, message: message))
        return nil
    }

    /// The names of all members but comments, in their order.
    public func names() -> [String] {
        object.members.map(\.name).filter { !Self.isComment($0) }
    }

    /// Reports a mistake about this section, or about one of its keys.
    public func mistake(_ message: String, at key: String? = nil) {
        source.report.addMistake(problem(message, at: key))
    }

    /// Reports something that the operator should know, without refusing the file.
    public func warning(_ message: String, at key: String? = nil) {
        source.report.addWarning(problem(message, at: key))
    }

    /// Warns where a file could not be written that is named by a key: its directory is not there, or it is one itself.
    ///
    /// That is no mistake, because what is missing may come; who may write there shows when it is written.
    ///
    /// - Parameters:
    ///   - path: The file; `nil`: none is named.
    ///   - key: The key that names it.
    public func warnWhereNoFileCanBe(_ path: String?, at key: String) {
        guard let path, let slash = path.lastIndex(of: "/") else { return }
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            return warning("\(path) is a directory; name a file", at: key)
        }
        let directory = slash == path.startIndex ? "/" : String(path[..<slash])
        guard stat(directory, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR else { return }
        warning("the directory \(directory) is not there; nothing is written until somebody makes it", at: key)
    }

    /// Reports every key, here and in the sections below, that nobody asked for.
    public func reportUnknownKeys() {
        for name in names() where !known.contains(Key(name)) {
            let place = path.member(name)
            let problem = ConfigurationProblem(
                file: source.file,
                position: source.text.positionOfName(at: place),
                path: place,
                message: NearestName(of: name, among: known.map(\.text)).explanation
            )
            source.report.addMistake(problem)
        }
        for name in names() {
            children[Key(name)]?.reportUnknownKeys()
            for element in elements[Key(name)] ?? [] { element.reportUnknownKeys() }
        }
    }

    /// Declares keys as known without reading them.
    public func allow(_ keys: String...) {
        for key in keys { note(key) }
    }

    private func open(_ child: JSONObject, at key: String) -> ConfigurationSection {
        if let opened = children[Key(key)] { return opened }
        let section = ConfigurationSection(object: child, path: path.member(key), source: source)
        children[Key(key)] = section
        return section
    }

    private func note(_ key: String) {
        known.insert(Key(key))
    }

    private func decode<Value>(_ value: JSONValue, _ kind: ConfigurationValue<Value>, at path: JSONPath) -> Value? {
        do throws(ConfigurationValueError) {
            return try kind.decode(value)
        } catch {
            let message = error.reason ?? "expected \(kind.expected), found \(value.summary)"
            let position = source.text.position(of: path)
            source.report.addMistake(
                ConfigurationProblem(file: source.file, position: position, path: path, message: message)
            )
            return nil
        }
    }

    private func problem(_ message: String, at key: String?) -> ConfigurationProblem {
        let place = key.map(path.member) ?? path
        return ConfigurationProblem(
            file: source.file,
            position: source.text.position(of: place),
            path: place,
            message: message
        )
    }

    private static func isComment(_ name: String) -> Bool { name.utf8.starts(with: "//".utf8) }
}
