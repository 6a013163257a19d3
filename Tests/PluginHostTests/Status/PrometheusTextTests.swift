import CommandCatalog
import Glibc
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import PluginHost

/// Numbers in Prometheus' text form, and the file of them.
@Suite struct PrometheusTextTests {
    private static func metric(
        _ plugin: String, _ type: String, _ typeInstance: String = "", instance: String = "", sources: [DataSource]
    ) -> Metric {
        let identity = MetricIdentity(
            host: "web01", plugin: plugin, pluginInstance: instance, type: type, typeInstance: typeInstance)
        return Metric(identity: identity, time: Timestamp(seconds: 0), interval: .seconds(10), sources: sources)
    }

    @Test func familiesStandTogetherWithHelpAndType() {
        var text = PrometheusText()
        text.add("b_total", .counter, "Bees.", [("kind", "wild")], .derive(3))
        text.add("a", .gauge, "A.", [], .gauge(0.5))
        text.add("b_total", .counter, "Bees.", [("kind", "tame")], .derive(4))
        #expect(
            text.text == """
                # HELP a A.
                # TYPE a gauge
                a 0.5
                # HELP b_total Bees.
                # TYPE b_total counter
                b_total{kind="tame"} 4
                b_total{kind="wild"} 3

                """)
    }

    @Test(arguments: [
        (DataValue.gauge(1), "1"), (.gauge(-0.25), "-0.25"), (.gauge(.nan), "NaN"), (.gauge(.infinity), "+Inf"),
        (.gauge(-.infinity), "-Inf"), (.gauge(1e18), "1e+18"), (.derive(-7), "-7"),
        (.counter(.max), "18446744073709551615"),
        (.absolute(2), "2"),
    ])
    func numbersAreThoseOfPrometheus(value: DataValue, text: String) {
        var page = PrometheusText()
        page.add("a", .gauge, "A.", [], value)
        #expect(page.text.hasSuffix("\na \(text)\n"))
    }

    @Test func valuesOfLabelsCannotLeaveTheirPlace() {
        var text = PrometheusText()
        text.add("a", .gauge, "A.", [("x", "q\"b\\n\n")], .gauge(1))
        #expect(text.text.hasSuffix("\na{x=\"q\\\"b\\\\n\\n\"} 1\n"))
    }

    @Test func pluginsNameTheirMetrics() {
        var text = PrometheusText()
        let names = [
            PrometheusName("count", "running", as: "recoverd_tasks_running", "Running."),
            PrometheusName("total_requests", by: "outcome", as: "recoverd_tasks_total", "Tasks."),
        ]
        text.add(Self.metric("p", "count", "running", sources: [DataSource(.gauge(2))]), names: names)
        text.add(Self.metric("p", "total_requests", "failed", sources: [DataSource(.derive(5))]), names: names)
        // Of the others the general rule speaks.
        text.add(
            Self.metric("p", "count", "waiting", instance: "db-1", sources: [DataSource(.derive(1))]), names: names)
        text.add(
            Self.metric(
                "load", "load",
                sources: [DataSource(.gauge(1), name: "shortterm"), DataSource(.gauge(2), name: "midterm")]),
            names: [])
        let lines = text.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(
            lines == [
                "recoverd_load_load_midterm 2", "recoverd_load_load_shortterm 1",
                "recoverd_p_count_total{instance=\"db-1\",type=\"waiting\"} 1", "recoverd_tasks_running 2",
                "recoverd_tasks_total{outcome=\"failed\"} 5",
            ])
    }

    @Test func fileIsReplacedAndToldOfOnce() throws {
        let directory = try TemporaryDirectory()
        var file = MetricsFile(directory.path("r.prom"))
        let news = [file.write("a 1\n"), file.write("a 2\n")]
        #expect(news == [false, false])
        #expect(try directory.text(of: "r.prom") == "a 2\n")
        var status = stat()
        #expect(stat(directory.path("r.prom"), &status) == 0 && status.st_mode & 0o777 == 0o644)
        file.remove()
        #expect(access(directory.path("r.prom"), F_OK) != 0)
        var lost = MetricsFile(directory.path("missing/r.prom"))
        let failures = [lost.write("a 1\n"), lost.write("a 1\n")]
        #expect(failures == [true, false] && lost.error?.hasSuffix("No such file or directory") == true)
        mkdir(directory.path("missing"), 0o700)
        let isMended = lost.write("a 1\n")
        #expect(isMended && lost.error == nil)
    }

    /// Whoever reads while it is written finds a whole one.
    @Test func readerNeverFindsHalfAFile() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("r.prom")
        let text = String(repeating: "recoverd_tasks_running 1\n", count: 5000)
        var first = MetricsFile(path)
        _ = first.write(text)
        let isWritten = Atomic(false)
        async let writing: Void = {
            var file = MetricsFile(path)
            for _ in 0..<300 { _ = file.write(text) }
            isWritten.store(true, ordering: .relaxed)
        }()
        var (wrong, looks) = (0, 0)
        while !isWritten.load(ordering: .relaxed) {
            looks += 1
            if (try? directory.text(of: "r.prom")) != text { wrong += 1 }
            await Task.yield()
        }
        await writing
        #expect(wrong == 0, "of \(looks)")
    }
}
