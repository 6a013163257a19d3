import CMosquitto

/// libmosquitto as a whole: what must be done once in a process, and its words.
enum Library {
    /// Initialised at the first look, once, by whichever thread comes first: the library does not lock it itself.
    static let isReady: Bool = mosquitto_lib_init() == MOSQ_ERR_SUCCESS.code

    /// What a return code means.
    static func text(_ code: CInt) -> String { String(cString: mosquitto_strerror(code)) }

    /// What a reason code of MQTT 5 means.
    static func text(_ reason: MQTTReason) -> String { String(cString: mosquitto_reason_string(CInt(reason.rawValue))) }

    /// What a return code of MQTT 3.1.1's CONNACK means.
    static func text(connack code: CInt) -> String { String(cString: mosquitto_connack_string(code)) }
}

extension mosq_err_t {
    /// As the calls return it.
    var code: CInt { CInt(rawValue) }
}
