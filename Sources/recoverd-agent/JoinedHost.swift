import CommandCatalog
import ConfigurationReader
import Glibc
import JSON
import Joining
import Replacement

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
                "\(mainFile) is there already and says something else; nothing was written. With --force it is kept as "
                    + "\(mainFile).old")
        }
        try DurableFile.makeDirectory(directory, mode: 0o755)
        let files = [("key", code.key, 0o600 as UInt32), ("pem", code.certificate, 0o644)]
        for (ending, text, mode) in files {
            try replace("\(directory)/\(code.host).\(ending)", with: Array(text.utf8), mode: mode)
        }
        try replace("\(directory)/ca.pem", with: Array(code.authority.utf8), mode: 0o644)
        if found == wanted { return }
        if let found { try replace(mainFile + ".old", with: found, mode: 0o600) }
        try replace(mainFile, with: wanted, mode: 0o644)
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

    private func replace(_ path: String, with bytes: [UInt8], mode: UInt32) throws(FileFailure) {
        var rights = FileRights.ours
        rights.mode = mode
        try DurableFile.replace(path, bytes, rights)
    }

    private func bytes(of path: String) throws(FileFailure) -> [UInt8]? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        do throws(ConfigurationProblem) {
            return try TrustedFile(path).bytes
        } catch {
            throw FileFailure(error.description)
        }
    }
}
