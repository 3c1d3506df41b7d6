import Glibc
import NIOCore
import NIOHTTP1

/// Sends one answer over a channel, waiting for the socket between pieces: never more than a piece is in memory.
struct ResponseWriter {
    let channel: any Channel
    /// Bytes of the body by which it is cut when bytes must be changed on the way.
    private static let pieceSize = 256 << 10
    /// Bytes of a file that one sendfile(2) run is given.
    private static let regionSize: Int64 = 8 << 20

    func send(_ response: Response, version: HTTPVersion, closing: Bool) async throws {
        sendHead(response, version: version, closing: closing)
        switch response.body {
        case .none: break
        case .bytes(let bytes): channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: bytes))), promise: nil)
        case .segments(let segments): try await send(segments)
        }
        try await channel.writeAndFlush(HTTPServerResponsePart.end(nil)).get()
    }

    func sendHead(_ response: Response, version: HTTPVersion, closing: Bool) {
        var headers = response.headers
        if response.status != 204 && response.status != 304 || response.contentLength > 0 {
            headers.replaceOrAdd(name: "Content-Length", value: String(response.contentLength))
        }
        if closing { headers.add(name: "Connection", value: "close") }
        let head = HTTPResponseHead(version: version, status: HTTPResponseStatus(statusCode: response.status), headers: headers)
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
    }

    private func send(_ segments: [Segment]) async throws {
        for segment in segments {
            let file = try segment.blob.open()
            let handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: dup(file.descriptor))
            defer { try? handle.close() }
            var offset = segment.offset
            while offset < segment.offset + segment.count {
                let end = min(offset + Self.regionSize, segment.offset + segment.count)
                let region = FileRegion(fileHandle: handle, readerIndex: Int(offset), endIndex: Int(end))
                try await channel.writeAndFlush(HTTPServerResponsePart.body(.fileRegion(region))).get()
                offset = end
            }
        }
    }

    /// Sends the first `limit` bytes of the body through memory, each piece passed through `change` with its offset in the body.
    func sendBody(_ body: Response.Body, limit: Int64, _ change: (inout [UInt8], Int64) -> Void) async throws {
        var sent: Int64 = 0
        for piece in Self.pieces(of: body) {
            var offset: Int64 = 0
            while offset < piece.count, sent < limit {
                let count = min(Int64(Self.pieceSize), piece.count - offset, limit - sent)
                var bytes = try piece.read(offset, Int(count))
                change(&bytes, sent)
                try await channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: bytes)))).get()
                offset += count
                sent += count
            }
        }
        channel.flush()
    }

    private static func pieces(of body: Response.Body) -> [(count: Int64, read: (Int64, Int) throws -> [UInt8])] {
        switch body {
        case .none: []
        case .bytes(let bytes): [(Int64(bytes.count), { Array(bytes[Int($0)..<(Int($0) + $1)]) })]
        case .segments(let segments): segments.map { segment in (segment.count, { try segment.read(from: $0, count: $1) }) }
        }
    }

    /// Breaks the connection with a reset, so that the peer cannot take it for an orderly end.
    func reset() async {
        let options = channel as? any SocketOptionProvider
        try? await options?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try? await channel.close().get()
    }
}
