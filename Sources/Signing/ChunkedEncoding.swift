package import Credentials
internal import Crypto

/// The `aws-chunked` coding of a body: each chunk with its size and, unless the transport protects it, its signature,
/// which continues the one before it; the first continues that of the headers.
///
/// Amazon wants all chunks but the last to have at least 8 KiB.
/// Source: "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks", Amazon S3 API Reference.
package struct ChunkedEncoding: Sendable {
    private let key: SigningKeyV4?
    private var previous: String
    /// What was signed last; empty as long as nothing was.
    package private(set) var stringToSign = ""

    /// For `Payload.chunked` and `.chunkedWithTrailer`; `seed` is the signature of the headers.
    package init(signature: SignatureV4, seed: String, date: SigningDate, credentials: Credentials) {
        key = signature.key(credentials, date)
        previous = seed
    }

    /// For `Payload.unsignedWithTrailer`.
    package init() {
        key = nil
        previous = ""
    }

    /// The signature of the last chunk or trailer.
    package var signature: String { previous }

    /// One chunk as it goes over the wire. An empty one would end the body: use `end`.
    package mutating func chunk(_ data: [UInt8]) -> [UInt8] {
        precondition(!data.isEmpty, "an empty chunk ends the body")
        return sizeLine(data) + data + Array("\r\n".utf8)
    }

    /// The empty chunk that ends the data; the trailer follows.
    package mutating func lastChunk() -> [UInt8] {
        sizeLine([])
    }

    /// The header fields after the last chunk, with their signature if chunks are signed, and the line that ends the body.
    package mutating func trailer(_ fields: [HeaderField] = []) -> [UInt8] {
        var text = fields.map { "\($0.name):\($0.value)\r\n" }.joined()
        if let key, !fields.isEmpty {
            let lines = fields.map { "\($0.name):\($0.value)\n" }.joined()
            sign(key, kind: "TRAILER", hashes: [Self.digest(Array(lines.utf8))])
            text += "x-amz-trailer-signature:\(previous)\r\n"
        }
        return Array("\(text)\r\n".utf8)
    }

    private mutating func sizeLine(_ data: [UInt8]) -> [UInt8] {
        let size = String(data.count, radix: 16)
        guard let key else { return Array("\(size)\r\n".utf8) }
        sign(key, kind: "PAYLOAD", hashes: [Self.digest([]), Self.digest(data)])
        return Array("\(size);chunk-signature=\(previous)\r\n".utf8)
    }

    private mutating func sign(_ key: SigningKeyV4, kind: String, hashes: [String]) {
        let lines = ["\(SigningKeyV4.algorithm)-\(kind)", key.date.basic, key.scope, previous] + hashes
        stringToSign = lines.joined(separator: "\n")
        previous = key.signature(of: stringToSign)
    }

    private static func digest(_ data: [UInt8]) -> String {
        SHA256.hash(data: data).hexadecimal
    }
}
