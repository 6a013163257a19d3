public import ConfigurationReader
internal import Files

extension SigningKey {
    /// Bytes of a key file at most; a wrong file is noticed.
    private static let largestFile = 4096

    /// Reads a PEM file that nobody but its owner and his group may read.
    ///
    /// - Throws: Why it cannot be read or trusted, or what it holds instead of a key.
    public convenience init(file path: String) throws(ConfigurationProblem) {
        let file = try TrustedFile(path)
        guard !file.isWorldReadable else {
            throw ConfigurationProblem(file: path, message: "everybody may read it; use: chmod o-r")
        }
        guard file.bytes.count <= Self.largestFile, let text = String(validating: file.bytes, as: UTF8.self) else {
            throw Self.noKey(path, "")
        }
        guard let seed = Self.seed(inPEM: text) else {
            throw Self.noKey(path, text.contains("ENCRYPTED") ? "; one with a password cannot be used" : "")
        }
        self.init(checked: seed)
    }

    /// Writes the key to a new file that only its owner may read.
    ///
    /// - Throws: There is such a file already, or it cannot be written.
    public func write(to path: String) throws(ConfigurationProblem) {
        try ConfigurationProblem.passing { () throws(FileFailure) in try WholeFile.createAtOnce(path, Array(pem.utf8)) }
    }

    private static func noKey(_ path: String, _ hint: String) -> ConfigurationProblem {
        let wanted = "expected one private key of Ed25519 in PEM, as \"openssl genpkey -algorithm ed25519\" writes it"
        return ConfigurationProblem(file: path, message: wanted + hint)
    }
}
