import Crypto
package import NIOCore

/// Takes the aws-chunked coding off a body as it arrives, verifying the signature of every chunk and of the trailer.
///
/// What it hands out before the last chunk was verified must not be committed until `isComplete`.
package struct ChunkedDecoder {
    private enum State {
        /// At the line before a chunk.
        case size
        case data(left: Int, signature: String?)
        /// At the line break after a chunk's data.
        case dataEnd
        case trailer
        case done
    }

    private var state = State.size
    private var line: [UInt8] = []
    private var signatures: ChunkSignatures?
    private let hasTrailer: Bool
    private var hash = SHA256()
    /// Lower-case names.
    package private(set) var trailers: [String: String] = [:]
    private var trailerText = ""
    private static let longestLine = 4096

    package init(signatures: ChunkSignatures?, trailer: Bool) {
        self.signatures = signatures
        hasTrailer = trailer
    }

    /// Whether the end of the coding was reached, and everything that is signed was verified.
    package var isComplete: Bool {
        if case .done = state { true } else { false }
    }

    /// The data that `buffer` carries, as slices of it.
    package mutating func decode(_ buffer: ByteBuffer) throws(ServiceError) -> [ByteBuffer] {
        var buffer = buffer
        var slices: [ByteBuffer] = []
        while buffer.readableBytes > 0 {
            if case .data(let left, let signature) = state {
                guard let slice = buffer.readSlice(length: min(left, buffer.readableBytes)) else { break }
                try took(slice, of: left, signature)
                slices.append(slice)
            } else if let text = try nextLine(&buffer) {
                try handle(text)
            }
        }
        return slices
    }

    private mutating func took(_ slice: ByteBuffer, of left: Int, _ signature: String?) throws(ServiceError) {
        if signatures != nil { unsafe slice.withUnsafeReadableBytes { unsafe hash.update(bufferPointer: $0) } }
        if slice.readableBytes < left {
            state = .data(left: left - slice.readableBytes, signature: signature)
        } else {
            try verifyChunk(signature)
            state = .dataEnd
        }
    }

    private mutating func verifyChunk(_ signature: String?) throws(ServiceError) {
        guard signatures != nil else { return }
        let bytes = Array(hash.finalize())
        hash = SHA256()
        guard let signature, signatures?.accept(chunk: bytes, signature) == true else { throw .signatureDoesNotMatch }
    }

    /// The next line without its end, nil when the rest of it has not arrived yet.
    private mutating func nextLine(_ buffer: inout ByteBuffer) throws(ServiceError) -> String? {
        while let byte: UInt8 = buffer.readInteger() {
            line.append(byte)
            if byte == UInt8(ascii: "\n") {
                defer { line.removeAll(keepingCapacity: true) }
                guard line.count >= 2, line[line.count - 2] == UInt8(ascii: "\r") else { throw Self.malformed }
                return String(decoding: line.dropLast(2), as: UTF8.self)
            }
            guard line.count < Self.longestLine else { throw Self.malformed }
        }
        return nil
    }

    private mutating func handle(_ text: String) throws(ServiceError) {
        switch state {
        case .size: try startChunk(text)
        case .dataEnd:
            guard text.isEmpty else { throw Self.malformed }
            state = .size
        case .trailer: try trailerLine(text)
        case .data, .done: throw Self.malformed
        }
    }

    private mutating func startChunk(_ text: String) throws(ServiceError) {
        let parts = text.split(separator: ";", maxSplits: 1)
        guard let first = parts.first, let size = Int(first, radix: 16), size >= 0 else { throw Self.malformed }
        let name = "chunk-signature="
        let signature = parts.count == 2 && parts[1].hasPrefix(name) ? String(parts[1].dropFirst(name.count)) : nil
        if signatures != nil, signature == nil { throw Self.malformed }
        if size > 0 {
            state = .data(left: size, signature: signature)
        } else {
            try verifyChunk(signature)
            state = .trailer
        }
    }

    private mutating func trailerLine(_ text: String) throws(ServiceError) {
        if text.isEmpty { return try endTrailer() }
        guard hasTrailer, let colon = text.firstIndex(of: ":") else { throw Self.malformed }
        let name = text[..<colon].trimmed.lowercased()
        let value = String(text[text.index(after: colon)...].trimmed)
        guard trailers.updateValue(value, forKey: name) == nil, trailers.count <= 16 else { throw Self.malformed }
        if name != Self.signatureName { trailerText += "\(name):\(value)\n" }
    }

    private static let signatureName = "x-amz-trailer-signature"

    private mutating func endTrailer() throws(ServiceError) {
        if hasTrailer, signatures != nil {
            guard let signature = trailers[Self.signatureName], signatures?.accept(trailer: trailerText, signature) == true else {
                throw .signatureDoesNotMatch
            }
        }
        state = .done
    }

    private static let malformed = ServiceError(400, "IncompleteBody", "The request body terminated unexpectedly or is not valid aws-chunked coding")
}
