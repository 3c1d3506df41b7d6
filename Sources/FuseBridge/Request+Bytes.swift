import CFuse3
import FileSystemTypes
import Glibc

extension Request {
    /// More pieces than this are copied together: an answer may have IOV_MAX (1024) parts, and each costs a stack frame.
    private static let maximumPieces = 64

    /// The answer to a read of `limit` bytes. One piece or several, nothing is copied.
    consuming func reply(_ bytes: Bytes, limit: Int) {
        let bytes = bytes.count > limit ? bytes.slice(from: 0, upTo: limit) : bytes
        switch bytes.pieces.count {
        case 0: _ = send { unsafe fuse_reply_buf($0, nil, 0) }
        case 1: reply(piece: bytes.pieces[0])
        case ...Self.maximumPieces: reply(pieces: bytes.pieces)
        default: reply(piece: bytes.contiguous[...])
        }
    }

    private consuming func reply(piece: ArraySlice<UInt8>) {
        _ = send { raw in
            unsafe piece.withUnsafeBytes { buffer in
                unsafe fuse_reply_buf(raw, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count)
            }
        }
    }

    private consuming func reply(pieces: [ArraySlice<UInt8>]) {
        var vectors: [iovec] = unsafe []
        unsafe vectors.reserveCapacity(pieces.count)
        _ = send { raw in
            unsafe Self.withVectors(of: pieces[...], &vectors) { unsafe fuse_reply_iov(raw, $0, Int32($0.count)) }
        }
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
