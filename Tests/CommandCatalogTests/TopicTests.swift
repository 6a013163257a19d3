import CommandCatalog
import Testing

/// Topics, filters and hosts are of the form that brokers take.
struct TopicTests {
    @Test(arguments: ["a", "a/b", "test-topic", "é/🙂", " ", "a b/c", String(repeating: "a", count: 65_535)])
    func isTopic(_ text: String) {
        #expect(TopicName(text)?.description == text)
        #expect(TopicFilter(text)?.description == text)
    }

    /// T19, C16: no topic for brokers.
    @Test(arguments: [
        "", "/", "/a", "a/", "a//b", "$SYS/a", "$share/g/a", "a\0", "a\n", "a\u{7F}",
        String(repeating: "a", count: 65_536),
        String(repeating: "é", count: 32_768),
    ])
    func isNeitherTopicNorFilter(_ text: String) {
        #expect(TopicName(text) == nil)
        #expect(TopicFilter(text) == nil)
    }

    @Test(arguments: [
        ("+", true), ("#", true), ("a/+", true), ("a/#", true), ("+/+/#", true), ("a/+/b", true), ("a+", false),
        ("a/#/b", false), ("a#", false), ("+a", false), ("#/a", false), ("a/++", false), ("##", false),
    ])
    func wildcardStandsAlone(_ text: String, _ isFilter: Bool) {
        #expect(TopicName(text) == nil)
        #expect((TopicFilter(text) != nil) == isFilter)
    }

    @Test(arguments: [
        // The examples of MQTT 3.1.1, section 4.7.1, as far as we take such topics at all.
        ("sport/tennis/player1/#", "sport/tennis/player1", true),
        ("sport/tennis/player1/#", "sport/tennis/player1/ranking", true),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true),
        ("sport/tennis/player1/#", "sport/tennis/player10", false), ("sport/#", "sport", true), ("#", "a/b/c", true),
        ("sport/tennis/+", "sport/tennis/player1", true), ("sport/tennis/+", "sport/tennis/player1/ranking", false),
        ("sport/+", "sport", false), ("sport/+", "sport/", true), ("+/+", "/finance", true), ("+", "/finance", false),
        ("+/tennis/#", "sport/tennis", true),
        // 4.7.2
        ("#", "$SYS/monitor", false), ("+/monitor/Clients", "$SYS/monitor/Clients", false),
        // 4.7.3
        ("ACCOUNTS", "Accounts", false), ("a", "a/b", false), ("a/b", "a", false), ("a", "a", true),
        ("\u{E9}", "e\u{301}", false),
    ])
    func topicPassesFilter(_ filter: String, _ topic: String, _ passes: Bool) throws {
        #expect(try #require(TopicFilter(filter)).matches(topic) == passes)
    }

    @Test func topicsDifferByTheirBytes() throws {
        let (composed, decomposed) = (try #require(TopicName("\u{E9}")), try #require(TopicName("e\u{301}")))
        #expect(Set([composed, decomposed]).count == 2)
        #expect(TopicFilter(composed) != TopicFilter(decomposed))
        #expect(TopicFilter(composed).matches("\u{E9}"))
    }

    /// T19, C17: a name that is one level of a topic, and nothing else.
    @Test(arguments: [
        ("localhost", true), ("HOST-1_a", true), ("9", true), (String(repeating: "a", count: 128), true), ("", false),
        (" a", false), ("a b", false), ("a/b", false), ("a+", false), ("#", false), ("a.b", false), ("-a", false),
        ("_a", false), ("é", false), ("xn--bcher-kva", true), (String(repeating: "a", count: 129), false),
        ("a\n", false),
        (String(repeating: "a", count: 300), false), ("K\u{301}", false),
    ])
    func hostIsOfLettersAndDigits(_ text: String, _ isHost: Bool) {
        #expect((HostIdentity(text)?.description == text) == isHost)
    }

    @Test func hostTopicsHaveOneDepth() throws {
        let host = try #require(HostIdentity("h1"))
        let topics = try #require(HostTopics(root: "a/b", host: host))
        #expect(
            topics.all.map(\.description)
                == [
                    "a/b/h1/command", "a/b/h1/result", "a/b/h1/event", "a/b/h1/online", "a/b/h1/status",
                    "a/b/h1/catalog",
                ])
        for root in ["", "/", "a/", "/a", "a//b", "$a", "+", "a/#"] {
            #expect(HostTopics(root: root, host: host) == nil)
        }
    }

    @Test func systemHasAName() {
        #expect(!HostIdentity.systemName.isEmpty)
        #expect(HostIdentity.fullSystemName.hasPrefix(HostIdentity.systemName))
        #expect(!HostIdentity.systemName.contains("."))
    }
}
