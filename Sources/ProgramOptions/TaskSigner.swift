package import CommandCatalog
internal import ConfigurationReader
internal import Signatures

/// Signs tasks with somebody's key, for one host each.
package struct TaskSigner: Sendable {
    /// What those who trust the key call it.
    package let id: KeyID
    private let key: SigningKey

    /// Reads a private key; it is called as its file, without `.pem`.
    ///
    /// - Throws: Why it cannot be used.
    package init(file: String) throws(UsageError) {
        let name = file.split(separator: "/").last.map(String.init) ?? file
        guard let id = KeyID(name.hasSuffix(".pem") ? String(name.dropLast(".pem".count)) : name) else {
            throw UsageError(
                "--key: expected a file whose name is that of the key: letters, digits, \".\", \"_\" and \"-\", found "
                    + name.debugDescription)
        }
        do throws(ConfigurationProblem) {
            key = try SigningKey(file: file)
        } catch {
            throw UsageError("--key: \(error)")
        }
        self.id = id
    }

    /// The task with a signature for a target.
    ///
    /// - Parameters:
    ///   - task: The task.
    ///   - target: Whom it is for, such as `host/web01`.
    ///   - challenge: What the host gave out in place of a time that both clocks agree on.
    /// - Returns: The task to send.
    package func sign(_ task: TaskMessage, for target: String, challenge: String? = nil) -> TaskMessage {
        let auth = TaskAuthentication(
            keyID: id, target: target, nonce: TaskAuthentication.randomNonce(), challenge: challenge)
        return key.sign(task, auth)
    }
}
