package import CommandCatalog
package import MQTT

/// What one source says; `nil` where it says nothing.
package struct GivenOptions: Equatable, Sendable {
    package var host: String?
    package var port: Int?
    package var user: String?
    package var password: String?
    package var passwordFile: String?
    package var isSecure: Bool?
    package var caFile: String?
    package var certificateFile: String?
    package var keyFile: String?
    package var qos: MQTTQoS?
    package var topic: TopicName?
    package var resultTopic: TopicName?
    package var target: HostIdentity?
    package var root: String?
    package var reason: String?
    package var timeout: Duration?
    package var isJSON: Bool?
    package var isQuiet: Bool?
    package var wantsDetail: Bool?
    package var follows: Bool?
    package var retries: Bool?
    package var cancelsOnInterrupt: Bool?
    package var signingKey: String?
    package var signedTarget: HostIdentity?
    package var challenge: String?
    package var knownHosts: String?

    /// Says nothing.
    package init() {}

    /// Reads a source, and refuses what contradicts itself within it.
    package init(_ source: some OptionSource) throws(UsageError) {
        host = try source.value(.host, .broker)
        port = try source.value(.port, .port)
        user = try source.value(.user, .text)
        password = try source.value(.password, .secret)
        passwordFile = try source.value(.passwordFile, .text)
        isSecure = try source.value(.secure, .flag)
        caFile = try source.value(.cafile, .text)
        certificateFile = try source.value(.cert, .text)
        keyFile = try source.value(.keyFile, .text)
        qos = try source.value(.qos, .qos)
        topic = try source.value(.topic, .topic)
        resultTopic = try source.value(.resultTopic, .topic)
        target = try source.value(.to, .host)
        root = try source.value(.root, .root)
        reason = try source.value(.reason, .reason)
        timeout = try source.value(.timeout, .timeout)
        isJSON = try source.value(.json, .flag)
        isQuiet = try source.value(.quiet, .flag)
        wantsDetail = try source.value(.detail, .flag)
        follows = try source.value(.follow, .flag)
        retries = try source.value(.retry, .flag)
        cancelsOnInterrupt = try source.value(.cancelOnInterrupt, .flag)
        signingKey = try source.value(.key, .text)
        signedTarget = try source.value(.target, .hostTarget)
        challenge = try source.value(.challenge, .challenge)
        knownHosts = try source.value(.knownHosts, .text)
        try checkContradictions()
    }

    private func checkContradictions() throws(UsageError) {
        if target != nil && (topic != nil || resultTopic != nil) {
            throw UsageError("--to names the topics of the host; leave out --topic and --result-topic, or --to")
        }
        if password != nil && passwordFile != nil {
            throw UsageError("expected one of --password and --password-file, found both")
        }
        if isJSON == true && isQuiet == true {
            throw UsageError("expected one of --json and --quiet, found both")
        }
    }

    /// Whether the port is part of the host.
    package var hasPortInHost: Bool {
        guard let host else { return false }
        let address = host.firstRange(of: "://").map { host[$0.upperBound...] } ?? host[...]
        return address.hasPrefix("[") ? address.contains("]:") : address.contains(":")
    }
}
