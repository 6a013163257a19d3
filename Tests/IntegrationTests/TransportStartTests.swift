import Glibc
import JSON
import TestSupport
import Testing

/// With files of TLS that cannot be right the agent does not start, and says why.
@Suite(.crowd)
struct TransportStartTests {
    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
        try authority.issue("web01")
    }

    private var members: JSONObject {
        [
            "Host": "mqtts://127.0.0.1:1", "Hostname": "web01", "CAFile": .string(authority.directory.path("ca.pem")),
            "CertificateFile": .string(authority.directory.path("%h.pem")),
            "KeyFile": .string(authority.directory.path("%h.key")), "Services": [:],
        ]
    }

    /// What `check` and `run` say about a configuration that is refused; they say the same.
    private func refusal(_ members: JSONObject, environment: [String: String] = [:]) throws -> String {
        let directory = authority.directory
        let file = try directory.write(JSONValue.object(members).bytes, to: "main.json")
        let endings = try [
            ["check", file],
            ["run", "--config", file, "--state", directory.path("state"), "--runtime", directory.path("run")],
        ].map { try Ended.running([Programs.agent] + $0, environment: environment) }
        #expect(endings.map(\.status) == [78, 78])
        #expect(endings[0].errors == endings[1].errors)
        return endings[0].errors
    }

    /// One thing that is wrong.
    enum Flaw: String, CaseIterable {
        case empty, broken, noAuthority, expired, openToOthers, openToAGroup, directoryOpenToOthers, otherKey, openKey
        case missing
    }

    @Test("C19: files of TLS that cannot be right are refused at the start", arguments: Flaw.allCases)
    func agentDoesNotStart(flaw: Flaw) throws {
        let (directory, ca) = (authority.directory, authority.caFile)
        var members = members
        let expected: String
        switch flaw {
        case .empty:
            try directory.write("", to: "ca.pem")
            expected = "CAFile: CA file \(ca) is empty"
        case .broken:
            try directory.write(String(try directory.text(of: "ca.pem").dropLast(100)), to: "ca.pem")
            expected = "CAFile: CA file \(ca) holds no PEM certificate"
        case .noAuthority:
            try directory.write(try directory.text(of: "web01.pem"), to: "ca.pem")
            expected = "CAFile: CA file \(ca) holds no CA: CN=web01 may not vouch for others"
        case .expired:
            try authority.renew(from: -7200, until: -60)
            expected = "CAFile: CA file \(ca) is out of date: the time of CN=Test Authority is over"
        case .openToOthers:
            chmod(ca, 0o646)
            expected = "CAFile: CA file \(ca): may be written by group or others; use: chmod go-w"
        case .openToAGroup:
            chmod(authority.certificate("web01"), 0o664)
            expected = "web01.pem: may be written by group or others; use: chmod go-w"
        case .directoryOpenToOthers:
            mkdir(directory.path("open"), 0o700)
            let file = try directory.write(try directory.text(of: "ca.pem"), to: "open/ca.pem")
            chmod(directory.path("open"), 0o777)
            members["CAFile"] = .string(file)
            expected = "the directory \(directory.path("open")) may be written by group or others"
        case .otherKey:
            try authority.issue("web02")
            try directory.write(try directory.text(of: "web02.key"), to: "web01.key")
            expected = "CertificateFile: private key \(authority.key("web01")) does not belong to certificate"
        case .openKey:
            chmod(authority.key("web01"), 0o644)
            expected = "KeyFile: key file \(authority.key("web01")): everybody may read it; use: chmod o-r"
        case .missing:
            unlink(authority.key("web01"))
            expected = "KeyFile: key file \(authority.key("web01")): cannot be opened: No such file or directory"
        }
        let errors = try refusal(members)
        #expect(errors.contains(expected), "\(errors)")
        #expect(errors.split(separator: "\n").count == 1, "\(errors)")
    }

    @Test func ownCertificateWhoseTimeIsOverIsAWarning() throws {
        try authority.issue("web01", from: -7200, until: -60)
        let file = try authority.directory.write(JSONValue.object(members).bytes, to: "main.json")
        let ended = try Ended.running([Programs.agent, "check", file])
        #expect(ended.status == 0)
        #expect((ended.output + ended.errors).contains("the time of CN=web01 is over; brokers will refuse it"))
    }

    @Test("T37: a credential of systemd's is read or missed") func credentialOfSystemdIsReadOrMissed() throws {
        var members = members
        members["User"] = "%h"
        members["PasswordFile"] = "credential:mqtt"
        #expect(try refusal(members).contains("$CREDENTIALS_DIRECTORY is not set"))
        let environment = ["CREDENTIALS_DIRECTORY": authority.directory.path]
        #expect(try refusal(members, environment: environment).contains("/mqtt: cannot be opened"))
        try authority.directory.write("s3cret\n", to: "mqtt")
        let file = try authority.directory.write(JSONValue.object(members).bytes, to: "main.json")
        let ended = try Ended.running([Programs.agent, "check", file], environment: environment)
        #expect(ended.status == 0 && !(ended.output + ended.errors).contains("s3cret"))
    }
}
