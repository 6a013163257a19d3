internal import COpenSSL
internal import Glibc

/// An authority that signs certificates: its own certificate and the key of it.
public final class Authority {
    /// Its certificate.
    public let certificate: Certificate
    private let key: PrivateKey

    /// An authority that is there already.
    ///
    /// - Throws: The certificate may not sign others, or the key is not its key.
    public init(_ certificate: Certificate, key: PrivateKey) throws(CertificateError) {
        guard certificate.isAuthority else {
            throw CertificateError(
                "\(certificate.subject) is no CA, and cannot sign certificates", call: "X509_check_ca")
        }
        guard try key.belongs(to: certificate) else {
            throw CertificateError("the key is not that of \(certificate.subject)", call: "X509_check_private_key")
        }
        self.certificate = certificate
        self.key = key
    }

    /// A new authority, which vouches for itself.
    public convenience init(
        named commonName: String, key: PrivateKey, notBefore: Int64, notAfter: Int64
    ) throws(CertificateError) {
        let profile = CertificateProfile(
            commonName: commonName, usage: .authority, notBefore: notBefore, notAfter: notAfter)
        let draft = try Draft(profile)
        try draft.describe(key)
        try self.init(try draft.signed(by: nil, key: key), key: key)
    }

    /// Makes a certificate.
    ///
    /// - Parameters:
    ///   - profile: What it says.
    ///   - holder: The key of its holder, of which it shows the public half.
    /// - Returns: The certificate.
    /// - Throws: A name that cannot stand in a certificate, or a failure of the library.
    public func certificate(
        _ profile: CertificateProfile, for holder: PrivateKey
    ) throws(CertificateError)
        -> Certificate
    {
        let draft = try Draft(profile)
        try draft.describe(holder)
        return try draft.signed(by: certificate, key: key)
    }
}

/// A certificate that is not signed yet.
private struct Draft: ~Copyable {
    private let handle: OpaquePointer
    private let profile: CertificateProfile

    init(_ profile: CertificateProfile) throws(CertificateError) {
        ERR_clear_error()
        guard let handle = X509_new() else { throw Library.failure("X509_new") }
        self.handle = handle
        self.profile = profile
    }

    deinit {
        X509_free(handle)
    }

    /// Signs it; without an issuer it vouches for itself.
    borrowing func signed(by issuer: Certificate?, key: PrivateKey) throws(CertificateError) -> Certificate {
        if let issuer {
            let failure = try issuer.withHandle { extend(under: $0) }
            if let failure { throw failure }
        } else if let failure = extend(under: handle) {
            throw failure
        }
        guard X509_sign(handle, key.handle, key.digest) > 0 else { throw Library.failure("X509_sign") }
        return try Certificate(handle)
    }

    /// Writes all that does not depend on the issuer.
    borrowing func describe(_ subject: PrivateKey) throws(CertificateError) {
        guard X509_set_version(handle, 2) == 1, X509_set_pubkey(handle, subject.handle) == 1,
            ASN1_TIME_set(X509_getm_notBefore(handle), time_t(profile.notBefore)) != nil,
            ASN1_TIME_set(X509_getm_notAfter(handle), time_t(profile.notAfter)) != nil
        else { throw Library.failure("X509_set_pubkey") }
        try setSerial()
        try setSubject()
    }

    /// 159 random bits: nobody can guess them, and they are positive.
    private borrowing func setSerial() throws(CertificateError) {
        var bytes = [UInt8](repeating: 0, count: 20)
        guard RAND_bytes(&bytes, CInt(bytes.count)) == 1 else { throw Library.failure("RAND_bytes") }
        bytes[0] &= 0x7F
        let number = BN_bin2bn(bytes, CInt(bytes.count), nil)
        defer { BN_free(number) }
        guard number != nil, BN_to_ASN1_INTEGER(number, X509_get_serialNumber(handle)) != nil else {
            throw Library.failure("BN_to_ASN1_INTEGER")
        }
    }

    private borrowing func setSubject() throws(CertificateError) {
        let name = Array(profile.commonName.utf8)
        let code = X509_NAME_add_entry_by_txt(
            X509_get_subject_name(handle), "CN", MBSTRING_UTF8, name, CInt(clamping: name.count), -1, 0)
        guard code == 1 else {
            throw Library.failure(
                "X509_NAME_add_entry_by_txt", "\(profile.commonName.debugDescription) is no name for a certificate")
        }
    }

    private borrowing func extend(under issuer: OpaquePointer) -> CertificateError? {
        do throws(CertificateError) {
            guard X509_set_issuer_name(handle, X509_get_subject_name(issuer)) == 1 else {
                throw Library.failure("X509_set_issuer_name")
            }
            try add(
                NID_basic_constraints, profile.usage == .authority ? "critical,CA:TRUE" : "critical,CA:FALSE", issuer)
            try add(
                NID_key_usage,
                profile.usage == .authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature", issuer)
            if profile.usage != .authority {
                try add(NID_ext_key_usage, profile.usage == .client ? "clientAuth" : "serverAuth", issuer)
            }
            try add(NID_subject_key_identifier, "hash", issuer)
            // An authority of somebody else's making may have no identifier to point to.
            if X509_get0_subject_key_id(issuer) != nil { try add(NID_authority_key_identifier, "keyid", issuer) }
            if !profile.alternativeNames.isEmpty { try add(NID_subject_alt_name, try alternativeNames, issuer) }
            return nil
        } catch {
            return error
        }
    }

    private borrowing func add(_ number: CInt, _ value: String, _ issuer: OpaquePointer) throws(CertificateError) {
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer, handle, nil, nil, 0)
        guard let item = X509V3_EXT_conf_nid(nil, &context, number, value) else {
            throw Library.failure("X509V3_EXT_conf_nid")
        }
        defer { X509_EXTENSION_free(item) }
        guard X509_add_ext(handle, item, -1) == 1 else { throw Library.failure("X509_add_ext") }
    }

    /// The names in the library's own language, in which a comma begins the next one.
    private var alternativeNames: String {
        get throws(CertificateError) {
            var words: [String] = []
            for name in profile.alternativeNames {
                guard !name.isEmpty, name.utf8.allSatisfy(Self.mayStandInAName) else {
                    throw CertificateError("\(name.debugDescription) is no name of a host", call: "X509V3_EXT_conf_nid")
                }
                words.append(Self.isAddress(name) ? "IP:\(name)" : "DNS:\(name)")
            }
            return words.joined(separator: ",")
        }
    }

    private static func mayStandInAName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-_.:*".utf8.contains(byte)
        }
    }

    private static func isAddress(_ name: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1
    }
}
