import CommandCatalog
import JSON
import Logging
import PluginKit
import Synchronization

/// One instance of a plugin while it lives: its thread, its mailbox, and the tasks that serve it.
///
/// The tasks are not structured: a plugin that never returns must not hold up the end of the agent.
final class PluginInstance: Sendable {
    let key: InstanceKey
    let plugin: any Plugin
    let roles: PluginRoles
    let record = InstanceRecord()
    let mailbox = Mailbox()
    let context: PluginContext

    let thread: PluginThread
    private let tasks = Mutex<Tasks?>(nil)
    private let losses = Mutex(LogThrottle())
    private let failures = Mutex(LogThrottle())

    private struct Tasks {
        let run: PluginRun
        let reading: Task<Void, Never>
        /// `run()` has returned.
        let ran: Completion
        /// The mailbox is closed and empty.
        let drained: Completion
        let finished: Completion
    }

    init(key: InstanceKey, context: PluginContext, make: (PluginContext) throws -> any Plugin) throws {
        self.key = key
        self.context = context
        let clock = context.clock
        thread = try PluginThread(name: key.description) { clock.uptime }
        do {
            plugin = try make(context)
        } catch {
            thread.end()
            throw error
        }
        roles = PluginRoles(plugin)
    }

    deinit {
        // The tasks hold the instance, so none is left that could need the thread.
        thread.end()
    }

    /// Begins to serve the instance.
    func start() {
        let (ran, drained, finished) = (Completion(), Completion(), Completion())
        // What only waits is not on the plugin's thread, so that it can be ended while the plugin blocks there.
        let run = PluginRun(self)
        let work = Task.detached(executorPreference: thread) { [self] in
            await PluginRunner(self).work()
            drained.finish()
        }
        let reading = Task.detached { [self] in await ReadLoop(self).run() }
        let running = Task.detached {
            await run.run()
            ran.finish()
        }
        Task.detached {
            await work.value
            await reading.value
            await running.value
            finished.finish()
        }
        tasks.withLock { $0 = Tasks(run: run, reading: reading, ran: ran, drained: drained, finished: finished) }
    }

    /// Begins no reading any more.
    func stopReading() {
        tasks.withLock { $0?.reading.cancel() }
    }

    /// Puts something into the mailbox; what finds no room is counted, and said once a second.
    func deliver(_ delivery: Delivery) {
        guard !mailbox.put(delivery) else { return }
        let now = context.clock.uptime
        guard let count = losses.withLock({ $0.pass(at: now) }) else { return }
        let counters = mailbox.counters
        context.logger.warning(
            "the plugin is too slow or hangs; what found no room is lost",
            metadata: [
                "lost.now": "\(count + 1)", "lost.metrics": "\(counters.droppedMetrics)",
                "lost.others": "\(counters.refused)", "waiting": "\(counters.waiting)",
            ]
        )
    }

    /// Says that a call threw, at most once a second.
    func noteFailure(of call: String, _ error: any Error) {
        let now = context.clock.uptime
        guard let count = failures.withLock({ $0.pass(at: now) }) else { return }
        context.logger.error(
            "the plugin failed",
            metadata: ["call": "\(call)", "error": "\(error)", "times": "\(count + 1)"]
        )
    }

    /// Waits until everything that came before has been handled.
    func settle(until deadline: Duration) async {
        let settled = Completion()
        mailbox.put(.mark(settled))
        _ = await settled.wait(until: deadline, context.clock)
    }

    /// Asks `run()` to return, and waits for it.
    func stopRunning(until deadline: Duration) async {
        guard let tasks = tasks.withLock({ $0 }) else { return }
        await tasks.run.askToReturn()
        if await tasks.ran.wait(until: deadline, context.clock) { return }
        context.logger.error("the plugin does not return; it is left behind")
    }

    /// Handles what waits until a deadline and takes nothing more.
    func drain(until deadline: Duration) async {
        guard let drained = tasks.withLock({ $0?.drained }) else { return }
        mailbox.close()
        if await drained.wait(until: deadline, context.clock) { return }
        let lost = mailbox.abandon()
        guard lost > 0 else { return }
        context.logger.error("the plugin did not handle in time what waited for it", metadata: ["lost": "\(lost)"])
    }

    /// Whether nothing of the instance is at work any more.
    var hasEnded: Bool { tasks.withLock { $0?.finished.isFinished ?? true } }

    /// Looks whether a call takes longer than it may, and says so once.
    func lookForHang(now: Duration) {
        let values = record.values
        let since = [values.current?.since, thread.busySince].compactMap { $0 }.min()
        let isHanging = since.map { now - $0 > deadline } ?? false
        guard record.noteHanging(isHanging) else { return }
        if isHanging {
            context.logger.error(
                "the plugin hangs; it gets nothing more to do until it returns",
                metadata: ["call": "\(values.current?.call ?? "run")", "longer.than": "\(deadline)"]
            )
        } else {
            context.logger.notice("the plugin works again")
        }
    }

    /// How long one call may take: three intervals, and never less than a minute.
    private var deadline: Duration { max(.seconds(60), context.interval * 3) }
}
