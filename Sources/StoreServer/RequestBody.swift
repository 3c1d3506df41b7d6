import NIOCore
import NIOHTTP1

/// The body of one request as it arrives: asks for it with `100 Continue` where the client waits for that, counts it, and takes off aws-chunked.
final class RequestBody {
    private let source: PartSource
    private let channel: any Channel
    private var awaitsContinue: Bool
    private var decoder: ChunkedDecoder?
    private var ready: [ByteBuffer] = []
    /// All parts of the body have been taken from the connection.
    private(set) var isAtEnd = false
    /// On the wire, without HTTP's own framing.
    private(set) var bytesReceived: Int64 = 0
    /// Breaks off the connection when so many bytes were received; a fault.
    var resetAfter: Int64?

    /// The body broke off, or was made to.
    struct Broken: Error {}

    init(source: PartSource, channel: any Channel, awaitsContinue: Bool) {
        self.source = source
        self.channel = channel
        self.awaitsContinue = awaitsContinue
    }

    /// How the body is coded; before the first `next`.
    func decode(with decoder: ChunkedDecoder) {
        self.decoder = decoder
    }

    var trailers: [String: String] { decoder?.trailers ?? [:] }

    /// Whether the client still waits to be told to send.
    var isUnasked: Bool { awaitsContinue && !isAtEnd }

    /// The next bytes of the decoded body, nil after the last. Throws `Broken` when the connection ends first.
    func next() async throws -> ByteBuffer? {
        while ready.isEmpty {
            guard let buffer = try await nextRaw() else {
                guard decoder?.isComplete ?? true else { throw ServiceError.incompleteBody }
                return nil
            }
            ready = try decoder?.decode(buffer).reversed() ?? [buffer]
        }
        return ready.removeLast()
    }

    private func nextRaw() async throws -> ByteBuffer? {
        if isAtEnd { return nil }
        if awaitsContinue { askForBody() }
        switch await source.next() {
        case .body(let buffer)?:
            bytesReceived += Int64(buffer.readableBytes)
            if let resetAfter, bytesReceived >= resetAfter { throw Broken() }
            return buffer
        case .end?:
            isAtEnd = true
            if resetAfter != nil { throw Broken() }
            return nil
        case .head?, nil: throw Broken()
        }
    }

    private func askForBody() {
        awaitsContinue = false
        let head = HTTPResponseHead(version: .http1_1, status: .continue)
        channel.writeAndFlush(HTTPServerResponsePart.head(head), promise: nil)
    }

    /// The whole decoded body; refuses more than `limit` bytes.
    func collect(limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let buffer = try await next() {
            guard bytes.count + buffer.readableBytes <= limit else { throw ServiceError.malformedXML }
            bytes += buffer.readableBytesView
        }
        return bytes
    }

    /// Reads what the service did not want, up to `limit` bytes; whether the end was reached.
    func drain(limit: Int64) async -> Bool {
        let end = bytesReceived + limit
        awaitsContinue = false
        resetAfter = nil
        while !isAtEnd, bytesReceived <= end {
            guard (try? await nextRaw()) != nil || isAtEnd else { return false }
        }
        return isAtEnd
    }
}

/// The parts that a connection receives, one at a time.
final class PartSource {
    private let inbox: Inbox
    private let channel: any Channel
    private var parts: [HTTPServerRequestPart] = []
    private var position = 0

    init(inbox: Inbox, channel: any Channel) {
        self.inbox = inbox
        self.channel = channel
    }

    /// Nil when the connection has ended.
    func next() async -> HTTPServerRequestPart? {
        if position == parts.count {
            parts = []
            position = 0
            guard let (arrived, resumeReading) = await inbox.next() else { return nil }
            if resumeReading { channel.read() }
            parts = arrived
        }
        defer { position += 1 }
        return parts[position]
    }
}
