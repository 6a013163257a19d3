import JSON
import Testing

@testable import PluginHost

/// When the status is published.
@Suite struct StatusScheduleTests {
    @Test func changeIsPublishedAndTimeAloneIsNone() {
        var schedule = StatusSchedule()
        func isDue(_ status: JSONObject, _ seconds: Int) -> Bool {
            schedule.mustPublish(status, now: .seconds(seconds))
        }
        #expect(isDue(["time": "1", "running": 0, "metrics": ["a": 1]], 0))
        #expect(!isDue(["time": "2", "running": 0, "metrics": ["a": 2]], 1))
        #expect(isDue(["time": "3", "running": 1, "metrics": ["a": 2]], 2))
        #expect(!isDue(["time": "4", "running": 1], 3))
        #expect(!isDue(["time": "5", "running": 1], 301))
        #expect(isDue(["time": "6", "running": 1], 302))
        #expect(!isDue(["time": "7", "running": 1], 303))
    }
}
