import Policy
import TestSupport
import Testing

@testable import RemoteExecutor

/// Files of keys and policy that change while they are read.
struct TrustFilesTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func settings() throws -> TrustSettings {
        let text = """
            {"CommandTopic": "c", "Services": {}, "PolicyFile": "\(directory.path("policy.json"))"}
            """
        return try #require(ConfigurationText(text).configuration?.trust)
    }

    private func write(rules count: Int) throws {
        let rule = #"{"action": "allow", "who": "*", "service": "t", "command": "*"}"#
        let rules = repeatElement(rule, count: count).joined(separator: ", ")
        try directory.write("{\"rules\": [\(rules)]}", to: "policy.json")
    }

    /// Between the reading of the configuration and the first look at the files lies the opening of the journal.
    @Test func policyThatChangedSinceItWasReadIsFound() throws {
        try write(rules: 1)
        let read = try settings()
        try write(rules: 2)
        var files = TrustFiles(read)
        #expect(files.policy?.count == 1)
        #expect(files.look()?.hasOtherPolicy == true)
        #expect(files.policy?.count == 2 && files.look() == nil)
    }

    /// A reload that takes its time has read an older policy than the one that came into force meanwhile.
    @Test func olderPolicyOfAReloadDoesNotStay() throws {
        try write(rules: 1)
        var files = TrustFiles(try settings())
        let reload = try settings()
        try write(rules: 2)
        #expect(files.look()?.hasOtherPolicy == true)
        _ = files.use(reload)
        #expect(files.look()?.hasOtherPolicy == true)
        #expect(files.policy?.count == 2 && files.look() == nil)
    }
}
