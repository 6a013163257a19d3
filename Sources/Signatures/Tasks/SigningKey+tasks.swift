public import CommandCatalog

extension SigningKey {
    /// The task with a signature of this key.
    ///
    /// - Parameters:
    ///   - task: The task; what its `auth` says already is replaced.
    ///   - auth: The name of this key at those who trust it, whom the task is for, and from when on it may not start.
    /// - Returns: The task to send.
    public func sign(_ task: TaskMessage, _ auth: TaskAuthentication) -> TaskMessage {
        var task = task
        task.auth = auth
        let signature = signature(of: SignedTuple(task).bytes)
        task.auth?.signature = signature
        return task
    }
}

extension TaskAuthentication {
    /// 128 bits of the system's chance, for ``TaskAuthentication/nonce``.
    public static func randomNonce() -> String { HexText.text(Sodium.random(16)) }
}
