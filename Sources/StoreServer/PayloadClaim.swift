import Crypto
package import NIOHTTP1

/// How a request says its body can be checked: the value of `x-amz-content-sha256`.
package enum PayloadClaim: Sendable {
    case unsigned
    /// The SHA-256 of the body.
    case hash([UInt8])
    /// aws-chunked; with signatures where every chunk carries one, and `trailer` where checksums follow the last chunk.
    case chunked(ChunkSignatures?, trailer: Bool)

    package init(_ text: String, _ signatures: ChunkSignatures) throws(ServiceError) {
        switch text {
        case "UNSIGNED-PAYLOAD": self = .unsigned
        case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": self = .chunked(signatures, trailer: false)
        case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": self = .chunked(signatures, trailer: true)
        case "STREAMING-UNSIGNED-PAYLOAD-TRAILER": self = .chunked(nil, trailer: true)
        default:
            guard let bytes = Hex.decode(text), bytes.count == 32 else {
                throw .invalidArgument(
                    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
                        + "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.")
            }
            self = .hash(bytes)
        }
    }
}

extension PayloadClaim {
    /// Of a request whose signature does not cover the body: what its headers say of it.
    package init(unverified headers: HTTPHeaders, _ dialect: Dialect) throws(ServiceError) {
        let text = headers.first(name: dialect.header("content-sha256"))
        let codings = headers["content-encoding"].flatMap { $0.split(separator: ",") }.map { $0.trimmed.lowercased() }
        if codings.contains("aws-chunked") || text == "STREAMING-UNSIGNED-PAYLOAD-TRAILER" {
            self = .chunked(nil, trailer: true)
        } else if let text, text != "UNSIGNED-PAYLOAD" {
            guard let bytes = Hex.decode(text), bytes.count == 32 else {
                throw .invalidArgument("\(dialect.header("content-sha256")) must be UNSIGNED-PAYLOAD or a valid sha256 value.")
            }
            self = .hash(bytes)
        } else {
            self = .unsigned
        }
    }
}

/// The chain of signatures of an aws-chunked body: each covers the one before it.
package struct ChunkSignatures: Sendable {
    private let timestamp: String
    private let scope: String
    private let key: SymmetricKey
    private var previous: String
    private static let emptyHash = Hex.encode(SHA256.hash(data: [UInt8]()))

    init(claim: SignatureClaim, key: SymmetricKey) {
        timestamp = claim.timestamp
        scope = claim.scope
        self.key = key
        previous = claim.signature
    }

    /// Whether `signature` is that of the next chunk, whose bytes hash to `hash`.
    mutating func accept(chunk hash: [UInt8], _ signature: String) -> Bool {
        accept(signature, "AWS4-HMAC-SHA256-PAYLOAD\n\(timestamp)\n\(scope)\n\(previous)\n\(Self.emptyHash)\n\(Hex.encode(hash))")
    }

    /// Whether `signature` is that of the trailer `text`, its lines `name:value\n`.
    mutating func accept(trailer text: String, _ signature: String) -> Bool {
        let hash = Hex.encode(SHA256.hash(data: Array(text.utf8)))
        return accept(signature, "AWS4-HMAC-SHA256-TRAILER\n\(timestamp)\n\(scope)\n\(previous)\n\(hash)")
    }

    private mutating func accept(_ signature: String, _ text: String) -> Bool {
        guard SignatureVerifier.isSignature(signature, of: text, key) else { return false }
        previous = signature
        return true
    }
}
