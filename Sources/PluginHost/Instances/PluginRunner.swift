import Logging
import PluginKit

/// Calls an instance's role methods, one at a time and in order of arrival.
struct PluginRunner: Sendable {
    private let instance: PluginInstance

    init(_ instance: PluginInstance) {
        self.instance = instance
    }

    /// Works until the mailbox is closed and empty.
    func work() async {
        while let delivery = await instance.mailbox.next() {
            await perform(delivery)
        }
    }

    private func perform(_ delivery: Delivery) async {
        let roles = instance.roles
        switch delivery {
        case .metrics(let metrics): await call("handle metrics") { try await roles.metricHandler?.handle(metrics) }
        case .notification(let notification):
            await call("handle notification") { try await roles.notificationHandler?.handle(notification) }
        case .message(let message): await call("handle message") { try await roles.messageHandler?.handle(message) }
        case .result(let result): await call("handle result") { try await roles.resultHandler?.handle(result) }
        case .mark(let completion): completion.finish()
        case .read(let request): request.finished.resume(returning: await read())
        }
    }

    private func read() async -> ReadOutcome {
        await call("read") {
            guard let metrics = try await instance.roles.reader?.read(), !metrics.isEmpty else { return }
            instance.context.dispatcher.dispatch(metrics)
        }
    }

    @discardableResult
    private func call(_ name: String, _ body: () async throws -> Void) async -> ReadOutcome {
        let (clock, record) = (instance.context.clock, instance.record)
        record.began(name, now: clock.uptime)
        do {
            try await body()
            record.ended(error: nil, now: clock.uptime)
            return .succeeded
        } catch {
            record.ended(error: error, now: clock.uptime)
            instance.noteFailure(of: name, error)
            return .failed
        }
    }
}
