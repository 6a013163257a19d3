import PluginKit

/// The roles of one instance, looked up once.
struct PluginRoles: Sendable {
    let reader: (any Reader)?
    let metricHandler: (any MetricHandler)?
    let notificationHandler: (any NotificationHandler)?
    let messageHandler: (any MessageHandler)?
    let admission: (any MessageAdmission)?
    let resultHandler: (any ResultHandler)?
    let statusReporter: (any StatusReporter)?

    init(_ plugin: any Plugin) {
        reader = plugin as? any Reader
        metricHandler = plugin as? any MetricHandler
        notificationHandler = plugin as? any NotificationHandler
        messageHandler = plugin as? any MessageHandler
        admission = plugin as? any MessageAdmission
        resultHandler = plugin as? any ResultHandler
        statusReporter = plugin as? any StatusReporter
    }

    /// Whether anything will ever wait in the instance's mailbox.
    var needMailbox: Bool {
        reader != nil || metricHandler != nil || notificationHandler != nil || messageHandler != nil
            || resultHandler != nil
    }
}
