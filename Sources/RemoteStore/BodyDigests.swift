internal import Crypto
internal import FileSystemTypes
internal import Foundation
internal import Signing

/// Digests of a request's body, taken in one pass over its source.
struct BodyDigests {
    private(set) var md5Base64: String?
    private(set) var sha256Hexadecimal: String?

    init(of source: any ByteSource, md5: Bool, sha256: Bool) async throws(Errno) {
        var md5Hash = md5 ? Insecure.MD5() : nil
        var sha256Hash = sha256 ? SHA256() : nil
        var offset: Int64 = 0
        while offset < source.count {
            let chunk = try await source.read(at: offset, upTo: 1 << 20)
            guard !chunk.isEmpty else { throw Errno.inputOutput }
            for piece in chunk.pieces {
                unsafe piece.withUnsafeBytes { bytes in
                    unsafe md5Hash?.update(bufferPointer: bytes)
                    unsafe sha256Hash?.update(bufferPointer: bytes)
                }
            }
            offset += Int64(chunk.count)
        }
        md5Base64 = md5Hash.map { Data($0.finalize()).base64EncodedString() }
        sha256Hexadecimal = sha256Hash?.finalize().hexadecimal
    }
}
