import ConfigurationReader
import Testing

/// A misspelt name is recognised, and a different one is not.
struct NearestNameTests {
    @Test(arguments: [
        ("timout", "timeout"), ("tiemout", "timeout"), ("Timeout", "timeout"), ("comands", "commands"),
        ("lokc", "lock"), ("usr", "user"), ("timeouts", "timeout"), ("k", nil), ("xyz", nil), ("", nil),
        ("colour", nil), ("comm", nil),
    ])
    func isNearest(_ name: String, _ nearest: String?) {
        #expect(NearestName(of: name, among: ["timeout", "commands", "lock", "user"]).nearest == nearest)
    }

    @Test func ofTwoThatAreAsNearTheFirstInOrderIsNamedEveryTime() {
        #expect(NearestName(of: "ab", among: ["ax", "ac"]).nearest == "ac")
        #expect(NearestName(of: "ab", among: ["ac", "ax"]).nearest == "ac")
    }

    @Test func nothingIsNearWhereNothingIsKnown() {
        #expect(NearestName(of: "a", among: []).explanation == "unknown key; Known here: none")
    }

    @Test func longNamesCostNoTime() {
        let long = String(repeating: "a", count: 1_000_000)
        #expect(NearestName(of: long, among: [long + "b", "a"]).nearest == long + "b")
    }
}
