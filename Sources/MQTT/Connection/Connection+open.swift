import CMosquitto
import Glibc

extension Connection {
    /// Prepares the object and connects; what follows (TLS, CONNACK) comes with ``read()`` and ``write()``.
    ///
    /// Blocks until TCP is connected: a probe must have shown before that somebody answers.
    ///
    /// - Parameter host: Where to connect; a number instead of the name spares a second question to DNS.
    /// - Throws: An option that cannot be, or why TCP or the beginning of TLS failed.
    func open(to host: String) throws(MQTTError) {
        try prepare()
        var properties = try connectProperties()
        defer { mosquitto_property_free_all(&properties) }
        let keepAlive = CInt(clamping: max(5, options.keepAlive.components.seconds))
        let result = cmosquitto_connect(handle, host, CInt(options.address.port), keepAlive, properties)
        guard result.code == MOSQ_ERR_SUCCESS.code else { throw failure(result, call: "mosquitto_connect") }
        // The library forgets it, and a child that is started elsewhere must not inherit the connection.
        _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
    }

    private func prepare() throws(MQTTError) {
        registerCallbacks()
        try check(mosquitto_threaded_set(handle, true), "mosquitto_threaded_set")
        let protocolVersion = version == .v5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311
        try set(MOSQ_OPT_PROTOCOL_VERSION, protocolVersion)
        // Without it an answer waits 40 ms for the acknowledgement of the previous packet.
        try set(MOSQ_OPT_TCP_NODELAY, 1)
        if let username = options.username {
            try check(mosquitto_username_pw_set(handle, username, options.password), "mosquitto_username_pw_set")
        }
        if let will = options.lastWill { try prepare(will: will) }
        if options.address.isTLS { try prepareTLS() }
    }

    private func prepare(will: OutgoingMessage) throws(MQTTError) {
        let code = will.payload.withUnsafeBytes { bytes in
            mosquitto_will_set(
                handle, will.topic, CInt(bytes.count), bytes.baseAddress, CInt(will.qos.rawValue), will.retain
            )
        }
        try check(code, "mosquitto_will_set")
    }

    /// Verification of chain and host name is the library's default once there are authorities; it is never touched.
    private func prepareTLS() throws(MQTTError) {
        let tls = options.tls
        if tls.caFile == nil { try set(MOSQ_OPT_TLS_USE_OS_CERTS, 1) }
        guard tls.caFile != nil || tls.certificateFile != nil else { return }
        let code = mosquitto_tls_set(handle, tls.caFile, nil, tls.certificateFile, tls.keyFile, refusePassword)
        guard code == MOSQ_ERR_SUCCESS.code else {
            // The library says only "invalid"; looking at the files ourselves finds the reason.
            try tls.check()
            throw failure(cmosquitto_result(code: code, error: errno), call: "mosquitto_tls_set")
        }
    }

    private func connectProperties() throws(MQTTError) -> OpaquePointer? {
        guard version == .v5 else { return nil }
        var list: OpaquePointer?
        let expiry = options.isCleanSession ? 0 : UInt32(clamping: options.sessionExpiry.components.seconds)
        try add(MQTT_PROP_SESSION_EXPIRY_INTERVAL, expiry, to: &list)
        try add(MQTT_PROP_MAXIMUM_PACKET_SIZE, UInt32(clamping: max(1, options.maximumPacketSize)), to: &list)
        return list
    }

    private func add(
        _ property: mqtt5_property, _ value: UInt32, to list: inout OpaquePointer?
    ) throws(MQTTError) {
        try check(mosquitto_property_add_int32(&list, CInt(property.rawValue), value), "mosquitto_property_add_int32")
    }

    private func set(_ option: mosq_opt_t, _ value: CInt) throws(MQTTError) {
        try check(mosquitto_int_option(handle, option, value), "mosquitto_int_option")
    }

    private func check(_ code: CInt, _ call: String) throws(MQTTError) {
        guard code == MOSQ_ERR_SUCCESS.code else {
            throw failure(cmosquitto_result(code: code, error: errno), call: call)
        }
    }
}

/// Answers the library's question for the password of a key with a failure: otherwise OpenSSL would ask the terminal, and
/// we would hang.
private let refusePassword:
    @convention(c) (UnsafeMutablePointer<CChar>?, CInt, CInt, UnsafeMutableRawPointer?) -> CInt = {
        _, _, _, _ in -1
    }
