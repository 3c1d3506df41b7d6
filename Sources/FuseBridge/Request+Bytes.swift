import CFuse3
import FileSystemTypes
import Glibc

extension Request {
    /// The answer to a read of `limit` bytes.
    consuming func reply(_ bytes: Bytes, limit: Int) {
        _ = send { unsafe ReadAnswer.send(bytes, limit: limit, to: $0) }
    }
}

/// Answers reads. One piece or several, nothing is copied.
enum ReadAnswer {
    /// More pieces than this are copied together: an answer may have IOV_MAX (1024) parts, and each costs a stack frame.
    private static let maximumPieces = 64

    /// What libfuse's reply function says.
    static func send(_ bytes: Bytes, limit: Int, to raw: fuse_req_t) -> Int32 {
        let bytes = bytes.count > limit ? bytes.slice(from: 0, upTo: limit) : bytes
        return switch bytes.pieces.count {
        case 0: unsafe fuse_reply_buf(raw, nil, 0)
        case 1: unsafe send(piece: bytes.pieces[0], to: raw)
        case ...Self.maximumPieces: unsafe send(pieces: bytes.pieces, to: raw)
        default: unsafe send(piece: bytes.contiguous[...], to: raw)
        }
    }

    private static func send(piece: ArraySlice<UInt8>, to raw: fuse_req_t) -> Int32 {
        unsafe piece.withUnsafeBytes { buffer in
            unsafe fuse_reply_buf(raw, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count)
        }
    }

    private static func send(pieces: [ArraySlice<UInt8>], to raw: fuse_req_t) -> Int32 {
        var vectors: [iovec] = unsafe []
        unsafe vectors.reserveCapacity(pieces.count)
        return unsafe withVectors(of: pieces[...], &vectors) { unsafe fuse_reply_iov(raw, $0, Int32($0.count)) }
    }

    /// Holds all pieces in place at the same time: one nested call for each.
    private static func withVectors(
        of pieces: ArraySlice<ArraySlice<UInt8>>, _ vectors: inout [iovec], _ body: ([iovec]) -> Int32
    ) -> Int32 {
        guard let piece = pieces.first else { return unsafe body(vectors) }
        return unsafe piece.withUnsafeBytes { buffer in
            unsafe vectors.append(iovec(iov_base: UnsafeMutableRawPointer(mutating: buffer.baseAddress), iov_len: buffer.count))
            return unsafe withVectors(of: pieces.dropFirst(), &vectors, body)
        }
    }
}
