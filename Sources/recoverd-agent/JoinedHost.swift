import CommandCatalog
import ConfigurationReader
import Files
import JSON
import Joining

/// The files of a host that joins a broker.
struct JoinedHost {
    private let code: JoinCode
    private let mainFile: String
    private let directory: String

    init(_ code: JoinCode, mainFile: String, directory: String) {
        (self.code, self.mainFile, self.directory) = (code, mainFile, directory)
    }

    /// Writes all of them, the main file last: an agent that waits for it finds the others.
    func write(isForced: Bool) throws(FileFailure) {
        let wanted = Array(text.utf8)
        let found = try bytes(of: mainFile)
        if let found, found != wanted, !isForced {
            throw FileFailure(
                mainFile,
                "is there already and says something else; nothing was written. With --force it is kept as "
                    + "\(mainFile).old")
        }
        try FileTree.make(directory, mode: 0o755)
        try WholeFile.replace("\(directory)/\(code.host).key", Array(code.key.utf8))
        try WholeFile.replace("\(directory)/\(code.host).pem", Array(code.certificate.utf8), .readable)
        try WholeFile.replace("\(directory)/ca.pem", Array(code.authority.utf8), .readable)
        if found == wanted { return }
        if let found { try WholeFile.replace(mainFile + ".old", found) }
        try WholeFile.replace(mainFile, wanted, .readable)
    }

    /// The main file.
    private var text: String {
        let members: JSONObject = [
            "// made by recoverd-agent join": "man 5 monitor-config.json tells all keys",
            "Host": .string(code.broker), "Hostname": .string(code.host.description),
            "CAFile": .string("\(directory)/ca.pem"), "CertificateFile": .string("\(directory)/%h.pem"),
            "KeyFile": .string("\(directory)/%h.key"), "RequireUser": true,
        ]
        return JSONValue.object(members).indentedText
    }

    private func bytes(of path: String) throws(FileFailure) -> [UInt8]? {
        guard FileTree.isThere(path) else { return nil }
        do throws(ConfigurationProblem) {
            return try TrustedFile(path).bytes
        } catch {
            throw FileFailure(nil, error.description)
        }
    }
}
