import Glibc

/// What can be said of a host without asking DNS.
enum NumericAddress {
    /// Whether the text is an IPv6 address, a zone (`%eth0`) allowed.
    static func isIPv6(_ text: String) -> Bool {
        var address = in6_addr()
        let bare = text.prefix { $0 != "%" }
        return inet_pton(AF_INET6, String(bare), &address) == 1
    }

    /// Whether the text is a loopback address: the kernel answers there at once.
    static func isLoopback(_ text: String) -> Bool {
        var address = in_addr()
        if text == "::1" { return true }
        return text.hasPrefix("127.") && inet_pton(AF_INET, text, &address) == 1
    }
}
