import ArgumentParser
import Certificates
import CommandCatalog
import ConfigurationReader
import Glibc
import JSON

/// `recoverctl enroll`: what every host of a fleet needs to prove who it is, one directory a host.
struct Enroll: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a key, a certificate and the files beside them for every host of a list.",
        discussion: """
            DIR/HOST then holds HOST.key, HOST.pem, ca.pem, and what --keys and --policy name; copy it to the host, and \
            remove it here. A host that has its directory already is passed over. No broker is asked.
            """)

    @Option(help: "A file with the names of the hosts, one a line.")
    var from: String
    @Option(help: "The private key of the authority (PEM, not encrypted).")
    var caKey: String
    @Option(help: "Its certificate (PEM); default DIR/ca.pem, which is made where it is missing.")
    var caCert: String?
    @Option(help: "The directory for the directories of the hosts.")
    var out: String
    @Option(help: "The directory of the public keys that the hosts shall trust.")
    var keys: String?
    @Option(help: "The policy of the hosts.")
    var policy: String?
    @Option(help: "How many days the certificates are good, 1 to 3650.")
    var days = 397
    @Flag(help: "Replace what hosts have already, their keys included.")
    var force = false
    @OptionGroup var format: FormatFlags

    func validate() throws {
        guard (1...3650).contains(days) else { throw ValidationError("--days is a number from 1 to 3650") }
    }

    func run() throws {
        // Before anything is made: a mistake in the thousandth line shall not leave 999 hosts behind.
        let hosts = try HostsToEnroll.read(Self.read(from), file: from)
        let extras = try BundleExtras(keys: keys, policy: policy)
        umask(0o077)
        try Bundles.prepare(out)
        let authority = try EnrollingAuthority(
            keyFile: caKey, certificateFile: caCert, directory: out, now: Timestamp.now)
        let bundles = Bundles(directory: out, authority: authority, extras: extras, isForced: force)
        let end = authority.end(afterDays: days)
        if end.isCut { Output.complain("warning: the certificates end with that of the authority, at \(end.text)") }
        var made: [HostIdentity] = []
        do throws(Failure) {
            for host in hosts where try bundles.make(host, until: end.seconds) { made.append(host) }
        } catch {
            throw Failure(error.status, "\(error.message); \(made.count) of \(hosts.count) were made before")
        }
        try Self.report(hosts, made: Set(made), end: end.text).finish(format.format)
    }

    static func read(_ path: String) throws(Failure) -> [UInt8] {
        do throws(ConfigurationProblem) {
            return try TrustedFile(path).bytes
        } catch {
            throw Failure(.configuration, "\(error)")
        }
    }

    private static func report(_ hosts: [HostIdentity], made: Set<HostIdentity>, end: String) -> Report {
        let kept = hosts.count - made.count
        let lines = hosts.map { host -> JSONObject in
            ["host": .string(host.description), "state": made.contains(host) ? "made" : "kept"]
        }
        let summary = "\(NameList.count(hosts.count, "host")): \(made.count) made" + (kept > 0 ? ", \(kept) kept" : "")
        return Report(
            command: "enroll", table: Table(), summary: summary,
            members: [
                "hosts": .array(lines.map(JSONValue.object)), "not_after": .string(end),
                "counts": [
                    "hosts": .integer(Int64(hosts.count)), "made": .integer(Int64(made.count)),
                    "kept": .integer(Int64(kept)),
                ],
            ],
            lines: lines)
    }
}
