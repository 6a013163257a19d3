internal import COpenSSL

/// The reading end of a connection with TLS that somebody else owns.
public enum TLSInput {
    /// Whether more was decrypted than was taken from it: poll cannot see that.
    ///
    /// - Parameter connection: An `SSL` that lives.
    /// - Returns: Whether bytes are waiting.
    public static func isWaiting(in connection: UnsafeMutableRawPointer) -> Bool {
        SSL_pending(OpaquePointer(connection)) > 0
    }
}
