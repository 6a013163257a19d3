import JSON
import Testing

@testable import PluginHost

/// When the status is published.
@Suite struct StatusScheduleTests {
    @Test func changeIsPublishedAtOnceAndTheRestEveryFiveMinutes() {
        var schedule = StatusSchedule()
        func isDue(_ news: JSONObject, _ seconds: Int) -> Bool {
            schedule.mustPublish(news, now: .seconds(seconds))
        }
        #expect(isDue(["running": 0], 0))
        #expect(!isDue(["running": 0], 1))
        #expect(isDue(["running": 1], 2))
        #expect(!isDue(["running": 1], 3))
        #expect(!isDue(["running": 1], 301))
        #expect(isDue(["running": 1], 302))
        #expect(!isDue(["running": 1], 303))
    }
}
