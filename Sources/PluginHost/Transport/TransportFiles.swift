import Certificates
import CommandCatalog
import ConfigurationReader
import MQTT

/// The files of TLS as the agent takes them: nobody else may have written them, and not everybody may read the key.
enum TransportFiles {
    /// What is wrong with one of them.
    struct Mistake: Error, Equatable {
        /// The key of the configuration that names it.
        let key: String
        let message: String
    }

    /// Reads the files that are named, and finds every mistake.
    static func read(_ options: TLSOptions, now: Timestamp) -> (files: TLSFiles?, mistakes: [Mistake]) {
        var mistakes: [Mistake] = []
        let authorities = file("CAFile", options.caFile, "CA file", &mistakes)
        let certificate = file("CertificateFile", options.certificateFile, "certificate file", &mistakes)
        let key = file("KeyFile", options.keyFile, "key file", isSecret: true, &mistakes)
        guard mistakes.isEmpty else { return (nil, mistakes) }
        let seconds = Int64(now.seconds)
        do throws(CertificateError) {
            return (try TLSFiles(authorities: authorities, certificate: certificate, key: key, now: seconds), [])
        } catch {
            let isPair = (try? TLSFiles(authorities: authorities, certificate: nil, key: nil, now: seconds)) != nil
            let place = !isPair ? "CAFile" : certificate == nil ? "KeyFile" : "CertificateFile"
            return (nil, [Mistake(key: place, message: error.description)])
        }
    }

    private static func file(
        _ key: String, _ path: String?, _ what: String, isSecret: Bool = false, _ mistakes: inout [Mistake]
    ) -> PEMFile? {
        guard let path else { return nil }
        do throws(ConfigurationProblem) {
            let file = try TrustedFile(path)
            if isSecret, file.isWorldReadable {
                throw ConfigurationProblem(file: path, message: "everybody may read it; use: chmod o-r")
            }
            return PEMFile(path: path, bytes: file.bytes)
        } catch {
            mistakes.append(Mistake(key: key, message: "\(what) \(error.file): \(error.message)"))
            return nil
        }
    }
}
