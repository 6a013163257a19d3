public import PluginKit

extension RemoteExecutor: PrometheusNaming {
    /// The names of its metrics; they are for ever.
    public static var prometheusNames: [PrometheusName] {
        func count(_ instance: String, _ name: String, _ help: String) -> PrometheusName {
            PrometheusName("derive", instance, as: "recoverd_\(name)_total", help)
        }
        return [
            PrometheusName("count", "running", as: "recoverd_tasks_running", "Tasks whose command runs."),
            PrometheusName("queue_length", "", as: "recoverd_tasks_queued", "Tasks that wait for their turn."),
            PrometheusName("total_requests", by: "outcome", as: "recoverd_tasks_total", "Tasks by how they ended."),
            PrometheusName("gauge", "runner-ready", as: "recoverd_runner_ready", "Whether commands can be started."),
            PrometheusName(
                "gauge", "journal-ok", as: "recoverd_journal_ok", "Whether the journal can be written as it should be."),
            PrometheusName(
                "gauge", "clock-trusted", as: "recoverd_clock_trusted", "Whether the clock was never later than now."),
            PrometheusName(
                "gauge", "days-to-end-of-key", as: "recoverd_key_days_left",
                "Whole days until the first trusted key ends."),
            PrometheusName(
                "count", "journal-digests", as: "recoverd_journal_digests", "Tasks that a repetition is known by."),
            PrometheusName(
                "bytes", "journal-answers", as: "recoverd_journal_answer_bytes", "Size of the answers that are kept."),
            PrometheusName("bytes", "output-kept", as: "recoverd_output_bytes", "Size of the output that is kept."),
            count("journal-digests-given-way", "journal_digests_given_way", "Digests that others needed the room of."),
            count("journal-answers-given-way", "journal_answers_given_way", "Answers that others needed the room of."),
            count("journal-failed-commits", "journal_failed_commits", "Commits of the journal that failed."),
            count("audit-lines", "audit_lines", "Lines of the audit."),
            count("audit-lost", "audit_lost", "Lines of the audit that could not be written."),
            count("audit-refusals-without-line", "audit_unwritten", "Refusals that were too many for a line each."),
            count("refusals-unanswered", "refusals_unanswered", "Refusals that were too many for an answer each."),
            count("repeats-unanswered", "repeats_unanswered", "Repeated tasks that were too many for an answer each."),
            count("output-removed", "output_removed", "Kept outputs that others needed the room of."),
            count("output-lost", "output_lost", "Outputs that could not be kept."),
        ]
    }
}
