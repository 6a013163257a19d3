import MQTT
import TestSupport
import Testing

@Suite(.crowd)
struct BrokerAddressTests {
    /// Row C18.
    @Test(arguments: [
        ("broker", false, "mqtt://broker:1883"), ("broker", true, "mqtts://broker:8883"),
        ("broker.example:1884", false, "mqtt://broker.example:1884"), ("10.0.0.1:1", true, "mqtts://10.0.0.1:1"),
        ("[::1]", false, "mqtt://[::1]:1883"), ("[::1]:8883", false, "mqtt://[::1]:8883"),
        ("[fe80::1%eth0]:65535", false, "mqtt://[fe80::1%eth0]:65535"),
        ("mqtt://a", false, "mqtt://a:1883"), ("tcp://a:2", false, "mqtt://a:2"), ("mqtt://a", true, "mqtts://a:8883"),
        ("mqtts://a", false, "mqtts://a:8883"), ("ssl://a:1883", false, "mqtts://a:1883"),
        ("MQTTS://a", false, "mqtts://a:8883"),
        ("under_score-host", false, "mqtt://under_score-host:1883"), ("mqtts://[::1]", false, "mqtts://[::1]:8883"),
    ])
    func writtenFormsAreRead(text: String, secure: Bool, expected: String) throws {
        #expect(try BrokerAddress(text, secure: secure).description == expected)
    }

    @Test(arguments: [
        ("", "there is no host name"), (":1883", "there is no host name"), ("mqtt://", "there is no host name"),
        ("host:", "a port is a number from 1 to 65535"), ("host:0", "a port is a number from 1 to 65535"),
        ("host:70000", "a port is a number from 1 to 65535"), ("host:+1", "a port is a number from 1 to 65535"),
        ("host:-1", "a port is a number from 1 to 65535"), ("host: 1", "a port is a number from 1 to 65535"),
        ("host:99999999999999999999", "a port is a number from 1 to 65535"),
        ("host:1883/path", "a port is a number from 1 to 65535"), ("[::1]:", "a port is a number from 1 to 65535"),
        ("::1", "an IPv6 address is written in brackets"), ("fe80::1:1883", "an IPv6 address is written in brackets"),
        ("/run/mosquitto.sock", "\"/\" cannot be in a host name"), ("mqtt://host/", "\"/\" cannot be in a host name"),
        ("user@host", "\"@\" cannot be in a host name"), ("ho st", "\" \" cannot be in a host name"),
        ("host\u{0}", "\"\\0\" cannot be in a host name"), ("höst", "\"\\u{00F6}\" cannot be in a host name"),
        ("http://host", "the scheme \"http\" is not known"), ("ws://host", "the scheme \"ws\" is not known"),
        ("[::1", "the bracket is not closed"), ("[host]", "only an IPv6 address stands in brackets"),
        ("[::1]1883", "behind the bracket only a port may follow"), ("-host", "that is not a host name"),
    ])
    func whatIsNoAddressIsToldWithTheReason(text: String, reason: String) {
        let error = #expect(throws: BrokerAddressError.self) { try BrokerAddress(text) }
        #expect(error?.reason == reason)
        #expect(error?.description.contains("expected \"host\", \"host:port\"") == true)
    }

    @Test func passwordInAnAddressIsNotRepeated() {
        let error = #expect(throws: BrokerAddressError.self) { try BrokerAddress("mqtt://me:secret@host") }
        #expect(error?.description.contains("secret") == false)
        #expect(error?.found == "…@host")
    }

    @Test func optionsNeverShowThePassword() {
        var options = MQTTOptions(address: BrokerAddress(host: "a"), clientID: "c")
        options.password = "secret"
        var text = "\(options) \(String(reflecting: options))"
        dump(options, to: &text)
        #expect(!text.contains("secret"))
    }
}
