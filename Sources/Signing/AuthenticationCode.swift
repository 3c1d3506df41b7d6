internal import Crypto
internal import Foundation

/// The keyed hashes of the signature schemes.
///
/// Source: RFC 2104.
enum AuthenticationCode {
    /// HMAC-SHA1 as Base64: Signature Version 2 and the schemes made after it.
    static func sha1(_ text: [UInt8], secret: String) -> String {
        let code = HMAC<Insecure.SHA1>.authenticationCode(for: text, using: SymmetricKey(data: Array(secret.utf8)))
        return Data(code).base64EncodedString()
    }

    /// HMAC-SHA256: Signature Version 4.
    static func sha256(_ key: [UInt8], _ text: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key)))
    }

    /// Base64 with padding, for the documents that forms carry.
    static func base64(_ text: String) -> String {
        Data(text.utf8).base64EncodedString()
    }
}
