public import ConfigurationReader
public import ServiceLifecycle

/// A part of the agent that the configuration switches on by name.
///
/// The host makes one instance per section of the configuration, calls the roles that it takes (``Reader``,
/// ``MetricHandler``, ``NotificationHandler``, ``MessageHandler``, ``MessageAdmission``, ``ResultHandler``,
/// ``StatusReporter``) and runs it until shutdown. What the host promises to every instance:
///
/// - every section of the configuration is decoded before anything starts, and all mistakes are reported together;
/// - role methods are called one at a time and in order, on a thread of the instance's own, so a plugin that blocks
///   harms nobody else. Not so, and so they must not wait: ``MessageAdmission/admit(_:)``, on the MQTT thread;
///   ``StatusReporter/status``, ``Reconfigurable/reconfigure(_:)`` and the topics of a handler, on the host's;
/// - a method that throws is logged and counted, and stops nobody; a ``run()`` that throws or returns early is started
///   again with growing delays;
/// - what waits for an instance is bounded: the oldest metrics give way and are counted; messages, results and
///   notifications that find no room are counted and logged;
/// - at shutdown the readers stop first, then what waits is handled until a deadline, then ``run()`` is asked to return.
public protocol Plugin: Service {
    /// What the operator writes about one instance.
    associatedtype Configuration: PluginConfiguration

    /// The key of its section: lower-case words joined by `-`; a second instance is `name/instance`.
    static var name: String { get }

    /// Where its section stands.
    static var placement: SectionPlacement { get }

    /// Whether a main file needs the plugin although its `Plugins` does not name it; `"enabled": false` there says no.
    static func isImplied(by mainFile: ConfigurationSection) -> Bool

    /// What an operator may begin with: a main file that switches the plugin on, usually the embedded `sample.json`.
    static var sample: String { get }

    /// Makes an instance. No network and no files here: those belong to ``run()`` and the roles.
    ///
    /// - Throws: Why this instance cannot be; the others start without it.
    init(configuration: Configuration, context: PluginContext) throws
}

extension Plugin {
    /// Among the plugins.
    public static var placement: SectionPlacement { .plugins }

    /// Only where it is named.
    public static func isImplied(by mainFile: ConfigurationSection) -> Bool { false }

    /// A section without keys.
    public static var sample: String {
        placement == .plugins ? "{ \"Plugins\": { \"\(name)\": {} } }\n" : "{}\n"
    }

    /// Waits for the shutdown; most plugins need no more.
    public func run() async throws {
        try? await gracefulShutdown()
    }
}

/// Where the section of a plugin stands in the configuration.
public enum SectionPlacement: Sendable {
    /// Under `Plugins`, one section per instance.
    case plugins
    /// The main file itself is its section: one instance, which runs unless `Plugins` says `"enabled": false` to it.
    case mainFile
}
