import MQTT
import TestSupport
import Testing

@Suite(.crowd)
struct TLSTests {
    @Test(arguments: ["127.0.0.1", "localhost"])
    func messagesGoOverTLS(host: String) async throws {
        let certificates = try TestCertificates()
        let broker = try await BrokerFixture(.init(certificates: certificates))
        var options = MQTTOptions.test(broker.port, host: host, isTLS: true)
        options.tls.caFile = certificates.caFile
        try await Harness.run(options) { harness in
            try await harness.subscribe("t")
            for number in 1...300 { harness.publish("t", "\(number)") }
            harness.publish("t", String(repeating: "x", count: 300_000))
            try await eventually("all are there") { harness.messages.count == 301 && harness.outcomes.count == 301 }
            #expect(harness.texts.prefix(300) == (1...300).map(String.init)[...])
            #expect(harness.messages.all.last?.payload.count == 300_000)
        }
    }

    /// What can be wrong with the other side.
    enum Flaw: String, CaseIterable {
        case unknownAuthority, systemTrustOnly, wrongHostName, expired
    }

    /// F-20: whoever stands in between has no certificate of that name.
    @Test("T23: a broker that cannot prove its name is not spoken to", arguments: Flaw.allCases)
    func brokerThatCannotProveItsNameIsNotSpokenTo(flaw: Flaw) async throws {
        let (certificates, others) = (try TestCertificates(), try TestCertificates())
        try certificates.issue("other", hosts: "DNS:elsewhere.example")
        try certificates.issue("expired", isExpired: true)
        let name = [.wrongHostName: "other", .expired: "expired"][flaw, default: "server"]
        let broker = try await BrokerFixture(.init(certificates: certificates, certificateName: name))
        var options = MQTTOptions.test(broker.port, isTLS: true)
        options.tls.caFile =
            switch flaw {
            case .unknownAuthority: others.caFile
            case .systemTrustOnly: nil
            case .wrongHostName, .expired: certificates.caFile
            }
        try await Harness.run(options) { harness in
            try await eventually("it fails twice") { harness.failures.count >= 2 }
            #expect(
                harness.failures.allSatisfy { $0.code == .tls && $0.text.contains("certificate") },
                "\(harness.failures)")
            #expect(harness.connections.isEmpty)
        }
    }

    /// F-20: what is mended at the broker is found.
    @Test func renewedCertificateIsTakenWithoutARestartOfOurs() async throws {
        let certificates = try TestCertificates()
        try certificates.issue("server", isExpired: true)
        let broker = try await BrokerFixture(.init(certificates: certificates))
        var options = MQTTOptions.test(broker.port, isTLS: true)
        options.tls.caFile = certificates.caFile
        try await Harness.run(options) { harness in
            try await eventually("it fails") { !harness.failures.isEmpty }
            try certificates.issue("server")
            try await broker.restart()
            try await harness.connected()
        }
    }

    @Test("T23: a broker that speaks plainly where TLS is wanted is not spoken to")
    func plainBrokerIsNotSpokenTo() async throws {
        let broker = try await BrokerFixture()
        var options = MQTTOptions.test(broker.port, isTLS: true)
        let certificates = try TestCertificates()
        options.tls.caFile = certificates.caFile
        options.username = "agent"
        options.password = "s3cret"
        try await Harness.run(options) { harness in
            try await eventually("it fails twice") { harness.failures.count >= 2 }
            #expect(harness.connections.isEmpty)
            #expect(!broker.log.contains("New client connected"))
        }
    }

    @Test func brokerThatWantsACertificateGetsOurs() async throws {
        let certificates = try TestCertificates()
        try certificates.issue("client")
        let lines = ["cafile \(certificates.caFile)", "require_certificate true"]
        let broker = try await BrokerFixture(.init(certificates: certificates, lines: lines))
        var options = MQTTOptions.test(broker.port, isTLS: true)
        options.tls.caFile = certificates.caFile
        try await Harness.run(options) { harness in
            try await eventually("it fails without") { !harness.failures.isEmpty }
            var better = options
            better.tls.certificateFile = certificates.certificate("client")
            better.tls.keyFile = certificates.key("client")
            harness.client.reconfigure(better)
            try await harness.connected()
        }
    }

    @Test func goodFilesPassTheCheck() throws {
        let certificates = try TestCertificates()
        try TLSOptions().check()
        try TLSOptions(
            caFile: certificates.caFile, certificateFile: certificates.certificate("server"),
            keyFile: certificates.key("server")
        ).check()
    }

    /// C19: no connection is tried with files that are wrong.
    @Test func eachMistakeInFilesHasItsMessage() throws {
        let certificates = try TestCertificates()
        try certificates.issue("other")
        let directory = try TemporaryDirectory()
        let (empty, text) = (try directory.write("", to: "empty"), try directory.write("hello\n", to: "text"))
        let encrypted = try certificates.encryptKey(of: "server")
        let (certificate, key) = (certificates.certificate("server"), certificates.key("server"))
        let cases: [(TLSOptions, String)] = [
            (
                TLSOptions(caFile: "/nowhere/ca.pem"),
                "CA file /nowhere/ca.pem cannot be read: No such file or directory"
            ),
            (TLSOptions(caFile: empty), "CA file \(empty) is empty"),
            (TLSOptions(caFile: text), "CA file \(text) holds no PEM certificate: "),
            (
                TLSOptions(certificateFile: text, keyFile: key),
                "certificate file \(text) holds no usable PEM certificate: "
            ),
            (TLSOptions(certificateFile: certificate, keyFile: text), "key file \(text) holds no PEM private key: "),
            (TLSOptions(certificateFile: certificate, keyFile: encrypted), "key file \(encrypted) is encrypted; "),
            (
                TLSOptions(certificateFile: certificate, keyFile: certificates.key("other")),
                "private key \(certificates.key("other")) does not belong to certificate \(certificate)"
            ),
            (TLSOptions(certificateFile: certificate), "certificate \(certificate) needs its private key"),
            (TLSOptions(keyFile: key), "private key \(key) needs its certificate"),
        ]
        for (options, expected) in cases {
            let error = #expect(throws: MQTTError.self) { try options.check() }
            #expect(error?.text.hasPrefix(expected) == true, "\(error?.text ?? "") instead of \(expected)")
        }
    }
}
