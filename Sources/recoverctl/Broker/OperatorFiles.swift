import Files
import Glibc
import JSON

/// What makes the user of this machine an operator at the broker: a key, its certificate, and the options file that all
/// programs read.
struct OperatorFiles {
    private let broker: PrivateBroker
    private let directory: String

    /// Finds the directory of the user.
    init(_ broker: PrivateBroker) throws(Failure) {
        guard let home = getenv("HOME").map({ String(cString: $0) }), home.hasPrefix("/") else {
            throw Failure(.configuration, "$HOME names no directory, in which the options of an operator could stand")
        }
        self.broker = broker
        directory = "\(home)/.config/recoverd"
    }

    /// Writes what is missing; options for another broker are kept.
    ///
    /// - Returns: The file with the options for this broker.
    func write() throws(Failure) -> String {
        try Failure.passing { () throws(FileFailure) in try FileTree.make(directory) }
        let names = ["key", "pem"].map { "\(directory)/\(PrivateBroker.operatorName).\($0)" }
        let pair = try broker.operatorPair()
        for (path, text) in zip(names, [pair.key, pair.certificate]) { try replace(path, text) }
        try replace("\(directory)/broker-ca.pem", pair.authority)
        let usual = "\(directory)/send-command.json"
        let wanted = text
        let isTaken = FileTree.isThere(usual) && (try? Enroll.read(usual)) != Array(wanted.utf8)
        let file = isTaken ? "\(directory)/up.json" : usual
        try replace(file, wanted)
        if isTaken {
            Output.complain(
                "warning: \(usual) says something else and is kept; use this broker with --options \(file)")
        }
        return file
    }

    private var text: String {
        let members: JSONObject = [
            "host": .string(broker.operatorAddress), "cafile": .string("\(directory)/broker-ca.pem"),
            "cert": .string("\(directory)/\(PrivateBroker.operatorName).pem"),
            "key-file": .string("\(directory)/\(PrivateBroker.operatorName).key"),
        ]
        return JSONValue.object(members).indentedText
    }

    private func replace(_ path: String, _ text: String) throws(Failure) {
        try Failure.passing { () throws(FileFailure) in try WholeFile.replace(path, Array(text.utf8)) }
    }
}
