internal import Crypto
internal import FileSystemTypes
internal import Foundation
internal import Signing

/// Digests of a request's body, taken in one pass over its source.
struct BodyDigests {
    private(set) var md5Base64: String?
    private(set) var sha256Hexadecimal: String?

    /// As `init`; the source learns what its bytes are read for.
    static func taken(of source: any ByteSource, md5: Bool, sha256: Bool) async throws(Errno) -> BodyDigests {
        // `withValue` does not know typed errors.
        let outcome = await ByteReading.$isForDigest.withValue(true) { () async -> Result<BodyDigests, Errno> in
            do throws(Errno) {
                return .success(try await BodyDigests(of: source, md5: md5, sha256: sha256))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    private init(of source: any ByteSource, md5: Bool, sha256: Bool) async throws(Errno) {
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
