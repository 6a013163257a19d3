import ArgumentParser
import Testing

@testable import send_command

@Suite struct ArgumentsTests {
    @Test func theLettersAreThoseOfThePredecessor() throws {
        let arguments = try Arguments.parse([
            "-h", "b", "-u", "me", "-p", "-secret", "-s", "-q", "1", "-t", "t", "-r", "r", "hello", "exec", "a=1",
            "b=2",
        ])
        #expect(
            arguments.texts == [
                .host: "b", .user: "me", .password: "-secret", .secure: "true", .qos: "1", .topic: "t",
                .resultTopic: "r",
            ])
        #expect([arguments.service, arguments.command] + arguments.parameters == ["hello", "exec", "a=1", "b=2"])
    }

    @Test func everyOptionHasALongName() throws {
        for option in OptionName.allCases {
            let isFlag = [.secure, .json, .quiet].contains(option)
            let call = isFlag ? [option.flag] : [option.flag, "true"]
            #expect(try Arguments.parse(call + ["s", "c"]).texts == [option: "true"])
        }
    }

    @Test func ofAnOptionGivenTwiceTheLastCounts() throws {
        #expect(try Arguments.parse(["-t", "a", "s", "c", "-t", "b"]).texts == [.topic: "b"])
    }

    @Test func behindTwoDashesNothingIsAnOption() throws {
        #expect(try Arguments.parse(["s", "c", "--", "-x=1"]).parameters == ["-x=1"])
    }

    @Test(arguments: [
        [], ["s"], ["s", "c", "--bogus"], ["s", "c", "-x"], ["s", "c", "--host"], ["s", "c", "--json=1"],
    ])
    func wrongCallsAreRefused(arguments: [String]) {
        #expect(throws: (any Error).self) { try Arguments.parse(arguments) }
    }

    @Test func helpSaysAllOfIt() {
        #expect(Arguments.helpMessage(columns: 80) == Self.help + "\n")
    }
}
