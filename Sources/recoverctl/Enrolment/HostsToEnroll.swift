import Certificates
import CommandCatalog

/// The list of hosts that are to be enrolled.
enum HostsToEnroll {
    /// Mistakes that are named; who has more has given the wrong file.
    private static let mostMistakes = 20

    /// Reads a text: a name a line; empty lines and what stands behind `#` do not count.
    ///
    /// - Throws: Every line that is wrong, with its number.
    static func read(_ text: [UInt8], file: String) throws(Failure) -> [HostIdentity] {
        var (hosts, lineOf, mistakes): ([HostIdentity], [HostIdentity: Int], [String]) = ([], [:], [])
        for (index, line) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let name = name(in: line)
            if name.isEmpty { continue }
            let place = "\(file):\(index + 1): "
            guard let host = HostIdentity(name) else {
                mistakes.append("\(place)expected the name of a host, found \(name.debugDescription)")
                continue
            }
            guard name.utf8.count <= CertificateProfile.longestName else {
                mistakes.append(
                    "\(place)\(name) has \(name.utf8.count) characters; a certificate has room for "
                        + "\(CertificateProfile.longestName)")
                continue
            }
            if let other = lineOf.updateValue(index + 1, forKey: host) {
                mistakes.append("\(place)\(name) stands in line \(other) already")
                continue
            }
            hosts.append(host)
        }
        guard mistakes.isEmpty else { throw failure(mistakes) }
        guard !hosts.isEmpty else { throw Failure(.noTarget, "\(file) names no host") }
        return hosts
    }

    private static func name(in line: some Sequence<UInt8>) -> String {
        let text = String(decoding: line.prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self)
        let front = text.drop { $0.isWhitespace }
        return String(front.reversed().drop { $0.isWhitespace }.reversed())
    }

    private static func failure(_ mistakes: [String]) -> Failure {
        let more = mistakes.count > mostMistakes ? ["and \(mistakes.count - mostMistakes) more"] : []
        let lines = mistakes.prefix(mostMistakes) + more + ["nothing was made"]
        return Failure(.configuration, lines.joined(separator: "\n"))
    }
}
