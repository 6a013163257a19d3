import AgentControl
import CommandCatalog
import JSON
import MQTT
import Signatures
import Testing

@testable import recoverctl

/// T21: whose answers are believed.
@Suite struct QuestionTests {
    private let host: HostIdentity
    private let key = SigningKey.random()

    init() throws { host = try #require(HostIdentity("web01")) }

    private func question(knowing key: VerificationKey?) -> Question {
        Question(AgentTask("ping"), to: host, validFor: .seconds(10), knowing: key)
    }

    private func result(to question: Question, _ message: String) throws -> (TaskMessage, JSONObject) {
        let task = try TaskMessage(question.payload)
        let result: JSONObject = [
            "task_id": task.taskID.json, "timestamp": .string(Timestamp.now.description), "message": .string(message),
            "code": 0,
        ]
        return (task, result)
    }

    private static func message(_ result: JSONObject, isRetained: Bool = false) -> ReceivedMessage {
        ReceivedMessage(topic: "r", payload: JSONValue.object(result).bytes, isRetained: isRetained)
    }

    @Test func hostThatIsNotKnownIsTakenAtItsWord() throws {
        var question = question(knowing: nil)
        let (task, result) = try result(to: question, "pong")
        #expect(task.reply == ReplyWishes())
        #expect(question.answer(Self.message(result, isRetained: true)) == nil)
        #expect(question.answer(Self.message(result))?.message == "pong")
        #expect(!question.wasAnsweredByOthers)
    }

    @Test func knownHostIsBelievedOnlyWhatItHasSigned() throws {
        var question = question(knowing: key.verificationKey)
        let (task, result) = try result(to: question, "pong")
        // Nothing else is signed.
        #expect(task.reply == ReplyWishes(detail: true))
        let signed = ResultSignature.sign(result, host: "web01", task: task.digest, with: key)
        let other = try TaskMessage(self.question(knowing: key.verificationKey).payload)
        var changed = signed
        changed["message"] = "all is well"
        for forged in [
            result, changed, ResultSignature.sign(result, host: "web01", task: task.digest, with: .random()),
            ResultSignature.sign(result, host: "web02", task: task.digest, with: key),
            ResultSignature.sign(result, host: "web01", task: other.digest, with: key),
        ] {
            #expect(question.answer(Self.message(forged)) == nil)
            #expect(question.wasAnsweredByOthers)
        }
        #expect(question.answer(Self.message(signed))?.message == "pong")
    }

    @Test func answersToOthersAreNoAlarm() throws {
        var question = question(knowing: key.verificationKey)
        let (_, result) = try result(to: self.question(knowing: nil), "pong")
        #expect(question.answer(Self.message(result)) == nil)
        #expect(!question.wasAnsweredByOthers)
    }

    @Test func pingSaysWhoseAnswersWereIgnored() throws {
        var book = PingBook([host])
        book.noteOthers(answeringFor: host)
        #expect(!book.isComplete)
        let why = "an answer that web01 has not signed was ignored"
        #expect(book.report.table.rows == [["web01", "silent", "-", "no answer in time; \(why)"]])
        #expect(book.report.status == .noAnswer)
        book.note(.answered(.zero), of: host)
        #expect(book.report.table.rows == [["web01", "answered", "0 ms", why]])
        #expect(book.report.status == .allWell)
    }
}
