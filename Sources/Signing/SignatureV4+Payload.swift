internal import Crypto

extension SignatureV4 {
    /// What the signature says of the body: the value of `x-amz-content-sha256`.
    package enum Payload: Hashable, Sendable {
        /// The body's SHA-256 in hexadecimal.
        case sha256(String)
        /// The transport protects the body: allowed over TLS only.
        case unsigned
        /// The body comes in chunks, each signed (`ChunkedEncoding`).
        case chunked
        /// Signed chunks, and header fields after them that are signed too.
        case chunkedWithTrailer
        /// Chunks and a trailer, neither of them signed: allowed over TLS only.
        case unsignedWithTrailer

        package static let empty = Payload.sha256(SHA256.hash(data: [UInt8]()).hexadecimal)

        package var text: String {
            switch self {
            case .sha256(let digest): digest
            case .unsigned: "UNSIGNED-PAYLOAD"
            case .chunked: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
            case .chunkedWithTrailer: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
            case .unsignedWithTrailer: "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
            }
        }

        /// Whether the body is in the `aws-chunked` coding.
        package var isChunked: Bool {
            switch self {
            case .sha256, .unsigned: false
            case .chunked, .chunkedWithTrailer, .unsignedWithTrailer: true
            }
        }
    }
}
