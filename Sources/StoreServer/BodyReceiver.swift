import NIOCore

/// Where a body goes as it arrives.
protocol BodySink {
    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(FileFailure)
}

extension BodySpool: BodySink {}

/// Keeps a body in memory: documents, whose size was checked before.
struct MemorySink: BodySink {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        unsafe self.bytes.append(contentsOf: bytes)
    }
}

/// Receives one body, hashes it, and holds it against everything that the request says of it.
struct BodyReceiver {
    private let request: Request
    private let claim: PayloadClaim
    private let expected: ExpectedChecksum?
    private let contentMD5: [UInt8]?
    /// Of the decoded body, in bytes; nil where the client does not say.
    private let length: Int64?
    private let maximum: Int64

    /// Refuses what can be refused before the body is asked for. `maximum` in bytes.
    init(_ request: Request, _ claim: PayloadClaim, maximum: Int64) throws(ServiceError) {
        self.request = request
        self.claim = claim
        length = try Self.length(request, claim)
        self.maximum = maximum
        guard length ?? 0 <= maximum else { throw .entityTooLarge }
        expected = try ExpectedChecksum(request)
        contentMD5 = try request.header("content-md5").map { text throws(ServiceError) in
            guard let bytes = Base64.decode(text), bytes.count == 16 else { throw .invalidDigest }
            return bytes
        }
    }

    /// Whether the request carries a hash of its body beside the signed one.
    var isProtected: Bool { contentMD5 != nil || expected != nil }

    private static func length(_ request: Request, _ claim: PayloadClaim) throws(ServiceError) -> Int64? {
        var text = request.header("content-length")
        if case .chunked = claim { text = request.own("decoded-content-length") }
        if text == nil, request.dialect.acceptsUnknownLength, request.header("transfer-encoding") != nil { return nil }
        guard let text else { throw .missingContentLength }
        guard let length = Int64(text), length >= 0 else { throw .invalidArgument("The length of the body is not a number") }
        return length
    }

    /// Receives into `sink`. `also` is a checksum wanted besides the client's own.
    func receive(into sink: inout some BodySink, also: ChecksumAlgorithm? = nil) async throws -> BodySummary {
        if case .chunked(let signatures, let trailer) = claim {
            request.body.decode(with: ChunkedDecoder(signatures: signatures, trailer: trailer))
        }
        var digests = BodyDigests(sha256: claim.needsHash, checksums: algorithms(also))
        while let buffer = try await request.body.next() {
            try take(buffer, &digests, &sink)
        }
        let summary = digests.finish()
        try verify(summary)
        return summary
    }

    private func take(_ buffer: ByteBuffer, _ digests: inout BodyDigests, _ sink: inout some BodySink) throws {
        try unsafe buffer.withUnsafeReadableBytes { bytes in
            unsafe digests.update(bytes)
            guard digests.count <= length ?? maximum else { throw length == nil ? ServiceError.entityTooLarge : .incompleteBody }
            try unsafe sink.write(bytes)
        }
    }

    private func algorithms(_ also: ChecksumAlgorithm?) -> [ChecksumAlgorithm] {
        var result = expected.map { [$0.algorithm] } ?? []
        if let also, !result.contains(also) { result.append(also) }
        return result
    }

    private func verify(_ summary: BodySummary) throws(ServiceError) {
        guard summary.count == length ?? summary.count else { throw .incompleteBody }
        if case .hash(let hash) = claim, summary.sha256 != hash { throw .contentHashMismatch }
        if let contentMD5, summary.md5 != contentMD5 { throw .badDigest }
        try expected?.verify(summary, trailers: request.body.trailers, dialect: request.dialect)
    }
}

extension PayloadClaim {
    fileprivate var needsHash: Bool {
        if case .hash = self { true } else { false }
    }
}

/// The checksum that a request announces for its body, in a header or in the trailer.
struct ExpectedChecksum {
    let algorithm: ChecksumAlgorithm
    /// Nil where the trailer carries the value, or where the service is only asked to take it.
    private let value: [UInt8]?
    private let inTrailer: Bool

    /// Nil where none is announced; more than one is refused.
    init?(_ request: Request) throws(ServiceError) {
        let known = request.dialect.features.checksums
        let named = known.filter { request.own($0.headerName) != nil }
        let trailer = request.own("trailer").flatMap { text in
            known.first { request.dialect.header($0.headerName) == text.trimmed.lowercased() }
        }
        guard named.count + (trailer == nil ? 0 : 1) <= 1 else { throw .invalidRequest("Expecting a single x-amz-checksum- header") }
        inTrailer = trailer != nil
        if let algorithm = trailer ?? named.first {
            self.algorithm = algorithm
            value = try request.own(algorithm.headerName).map { text throws(ServiceError) in try Self.bytes(text, algorithm) }
            return
        }
        guard let name = request.own("sdk-checksum-algorithm"), let algorithm = known.first(where: { $0.rawValue == name.uppercased() }) else {
            return nil
        }
        self.algorithm = algorithm
        value = nil
    }

    private static func bytes(_ text: String, _ algorithm: ChecksumAlgorithm) throws(ServiceError) -> [UInt8] {
        guard let bytes = algorithm.bytes(of: text) else {
            throw .invalidRequest("Value for x-amz-\(algorithm.headerName) header is invalid.")
        }
        return bytes
    }

    func verify(_ summary: BodySummary, trailers: [String: String], dialect: Dialect) throws(ServiceError) {
        var wanted = value
        if inTrailer {
            guard let text = trailers[dialect.header(algorithm.headerName)] else { throw .invalidRequest("The announced trailer is missing") }
            wanted = try Self.bytes(text, algorithm)
        }
        guard let wanted else { return }
        guard summary.checksums.contains(Checksum(algorithm: algorithm, bytes: wanted)) else { throw .badDigest }
    }
}
