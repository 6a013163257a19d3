import ArgumentParser
import CommandCatalog
import ConfigurationReader
import Signatures

/// `recoverctl hosts trust`: takes the hosts' keys from their status at their word, once.
struct HostsTrust: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust",
        abstract:
            "Notes the keys by which hosts sign their results, as their status has them; another one is an alarm.",
        discussion: """
            A key that is known is never replaced, unless --replace names the host. Exit status: 0 all keys are known, \
            2 a key is another one, or is not there.
            """)

    @Option(help: "A file with the names of the hosts whose keys are noted, one a line.")
    var expect: String
    @Option(help: "Where the keys are noted; the same as --known-hosts.")
    var known: String?
    @Option(
        help: "A host whose key may have changed: its new one takes the place of the old; several times for several.")
    var replace: [String] = []
    @OptionGroup var format: FormatFlags
    @OptionGroup var broker: BrokerFlags

    func validate() throws {
        if known != nil && broker.knownHosts != nil {
            throw ValidationError("expected one of --known and --known-hosts, found both")
        }
    }

    func run() throws {
        let settings = try broker.settings()
        let expected = try ExpectedHosts.read(file: expect)
        let replaced = try replace.map { text throws(Failure) in
            let host = try HostName.read(text, of: "--replace")
            guard expected.contains(host) else { throw Failure(.usage, "--replace: \(host) is not in \(expect)") }
            return host
        }
        guard let path = known ?? settings.knownHostsFile else {
            throw Failure(.usage, "there is no home directory; name the file with --known")
        }
        let fleet = try Fleet.read(settings, expecting: expected)
        try trust(expected, fleet, replaced, path).report.finish(format.format)
    }

    private func trust(
        _ expected: [HostIdentity], _ fleet: Fleet, _ replaced: [HostIdentity], _ path: String
    ) throws(Failure) -> HostKeys {
        do throws(ConfigurationError) {
            return try KnownHosts.update(file: path) { known in
                HostKeys(expected, fleet, replacing: Set(replaced), in: &known, file: path)
            }
        } catch {
            throw Failure(error)
        }
    }
}
