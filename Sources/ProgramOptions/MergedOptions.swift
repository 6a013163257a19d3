import ConfigurationReader
import MQTT

/// Several sources, the strongest first.
package struct MergedOptions {
    package let sources: [GivenOptions]

    package init(_ sources: [GivenOptions]) { self.sources = sources }

    /// The value of the first source that has one.
    package func first<Value>(_ option: KeyPath<GivenOptions, Value?>) -> Value? {
        sources.lazy.compactMap { $0[keyPath: option] }.first
    }

    /// The broker; on this machine where nobody names another.
    func broker() throws(UsageError) -> BrokerAddress {
        let host = sources.firstIndex { $0.host != nil }
        let text = host.flatMap { sources[$0].host } ?? "localhost"
        let address: BrokerAddress
        do throws(BrokerAddressError) {
            address = try BrokerAddress(text, secure: first(\.isSecure) ?? false)
        } catch {
            throw UsageError("\(error)")
        }
        let port = sources.firstIndex { $0.port != nil }
        guard let port, !isHidden(port, behind: host) else { return address }
        return BrokerAddress(host: address.host, port: sources[port].port, isTLS: address.isTLS)
    }

    /// Whether the port belongs to another host than that of the stronger source, which names its own.
    private func isHidden(_ port: Int, behind host: Int?) -> Bool {
        guard let host, port > host else { return false }
        return sources[host].hasPortInHost
    }

    /// The password, of the first source that has one in whatever way.
    func password(_ read: (String) throws(UsageError) -> String) throws(UsageError) -> String? {
        let source = sources.first { $0.password != nil || $0.passwordFile != nil }
        guard let path = source?.passwordFile else { return source?.password }
        return try read(path)
    }

    /// The broker and how to log in to it, with a look at whether it fits together.
    ///
    /// - Parameter readPassword: Reads a password file.
    /// - Returns: What to connect with.
    /// - Throws: What is missing, or contradicts itself.
    package func access(
        _ readPassword: (String) throws(UsageError) -> String = PasswordFile.usable
    ) throws(UsageError) -> BrokerAccess {
        let access = BrokerAccess(
            address: try broker(), user: first(\.user), password: try password(readPassword),
            tls: TLSOptions(
                caFile: first(\.caFile), certificateFile: first(\.certificateFile), keyFile: first(\.keyFile))
        )
        try access.check()
        return access
    }
}
