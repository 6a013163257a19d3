import CommandCatalog
import MQTT
import Testing

@testable import TaskSending
@testable import send_command

@Suite struct AnswerTests {
    @Test(arguments: [
        (
            #"{"task_id":7,"timestamp":"T","message":"hi","code":0}"#,
            Answer(code: .success, message: "hi", timestamp: "T")
        ),
        (#"{"code":4352,"message":"m","task_id":7}"#, Answer(code: .duplicateTaskID, message: "m")),
        (#"{"message":"m","task_id":7}"#, Answer(code: nil, message: "m")),
        (#"{"task_id":7,"code":"0"}"#, Answer(code: nil, message: "")),
        (#"{"task_id":7,"code":3.0,"message":null}"#, Answer(code: ResultCode(rawValue: 3), message: "")),
        (#"{"task_id":7,"code":0.5,"message":5}"#, Answer(code: nil, message: "5")),
        (#"{"task_id":7,"code":-1,"extra":[]}"#, Answer(code: ResultCode(rawValue: -1), message: "")),
    ])
    func theOwnAnswerIsTaken(payload: String, answer: Answer) {
        var expected = answer
        expected.taskID = .integer(7)
        #expect(Answer(Self.message(payload), to: .integer(7)) == expected)
    }

    /// T22: an answer is to one task.
    @Test(arguments: [
        #"{"task_id":8,"code":0}"#, #"{"task_id":"7","code":0}"#, #"{"task_id":7.0,"code":0}"#, #"{"code":0}"#, "5", "",
        "null", "[7]", "{", #"{"task_id":7,"task_id":8,"code":0}"#, "\u{FEFF}{}",
    ])
    func everythingElseIsIgnored(payload: String) {
        #expect(Answer(Self.message(payload), to: .integer(7)) == nil)
    }

    @Test func whatTheBrokerKeptIsIgnored() {
        let kept = ReceivedMessage(topic: "r", payload: Array(#"{"task_id":7,"code":0}"#.utf8), isRetained: true)
        #expect(Answer(kept, to: .integer(7)) == nil)
    }

    @Test func bytesThatAreNotUTF8AreReplaced() {
        let payload = Array(#"{"task_id":7,"code":0,"message":"a"#.utf8) + [0xFF, 0x62] + Array(#""}"#.utf8)
        let answer = Answer(ReceivedMessage(topic: "r", payload: payload), to: .integer(7))
        #expect(answer?.message == "a\u{FFFD}b")
    }

    private static func message(_ payload: String) -> ReceivedMessage {
        ReceivedMessage(topic: "r", payload: Array(payload.utf8))
    }
}
