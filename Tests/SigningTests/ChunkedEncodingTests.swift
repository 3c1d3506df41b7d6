import Credentials
import Crypto
import FileSystemTypes
import Foundation
import Signing
import Testing

@Suite struct ChunkedEncodingTests {
    static let vectors = SignatureVector.all.filter { $0.payloadChunks != nil }

    /// What a body looks like on the wire, and the signatures in it.
    private struct Body: Equatable {
        var bytes: [UInt8] = []
        var stringsToSign: [String] = []
        var signatures: [String] = []
    }

    @Test(.timeLimit(.minutes(1)), arguments: vectors) func encodesAsOthersDo(vector: SignatureVector) throws {
        let body = try encode(vector)
        let wire = try #require(vector.request)
        let expected =
            (vector.chunks ?? []).map { ($0.stringToSign, $0.signature) } + (vector.trailer.map { [($0.stringToSign, $0.signature)] } ?? [])
        #expect(body.stringsToSign == expected.map(\.0))
        #expect(body.signatures == expected.map(\.1))
        if let text = wire.bodyB64 { #expect(Data(body.bytes).base64EncodedString() == text) }
        if let length = wire.bodyLength { #expect(body.bytes.count == length) }
        if let digest = wire.bodySha256 { #expect(SHA256.hash(data: body.bytes).hexadecimal == digest) }
    }

    /// Negative control: each signature depends on the data and on all before it.
    @Test(.timeLimit(.minutes(1)), arguments: vectors) func noticesAChange(vector: SignatureVector) throws {
        guard try vector.payload() != .unsignedWithTrailer else { return }
        let body = try encode(vector)
        var changed = vector
        changed.payloadChunks = [.init(base64: "eA==")] + (vector.payloadChunks ?? [])
        #expect(try Set(encode(changed).signatures).isDisjoint(with: body.signatures))
        changed = vector
        changed.request?.rawPath += "x"
        #expect(try Set(encode(changed).signatures).isDisjoint(with: body.signatures))
    }

    @Test(.timeLimit(.minutes(1)), arguments: [0, 1, 15, 16, 17, 48, 255], [true, false])
    func knowsTheLengthInAdvance(count: Int, isSigned: Bool) {
        for trailer in [[], [HeaderField("x-amz-checksum-crc32", "AAAAAA==")]] {
            var encoding = isSigned ? Self.example : ChunkedEncoding()
            var bytes: [UInt8] = []
            for start in stride(from: 0, to: count, by: 16) {
                bytes += encoding.chunk([UInt8](repeating: 7, count: min(16, count - start)))
            }
            bytes += encoding.lastChunk() + encoding.trailer(trailer)
            let length = ChunkedEncoding.encodedLength(of: count, chunkSize: 16, isSigned: isSigned, trailer: trailer)
            #expect(length == bytes.count)
        }
    }

    private static var example: ChunkedEncoding {
        let keys = Credentials(accessKeyID: "id", secretAccessKey: "secret")
        let date = SigningDate(Timestamp(seconds: 1_773_480_413))
        return ChunkedEncoding(signature: SignatureV4(region: "r"), seed: "", date: date, credentials: keys)
    }

    private func encode(_ vector: SignatureVector) throws -> Body {
        let isSigned = try vector.payload() != .unsignedWithTrailer
        var encoding = try isSigned ? signed(vector) : ChunkedEncoding()
        var body = Body()
        func note(_ bytes: [UInt8], _ wasSigned: Bool) {
            body.bytes += bytes
            guard wasSigned else { return }
            body.stringsToSign.append(encoding.stringToSign)
            body.signatures.append(encoding.signature)
        }
        for chunk in vector.payloadChunks ?? [] { note(encoding.chunk(chunk.bytes), isSigned) }
        note(encoding.lastChunk(), isSigned)
        let trailer = trailer(vector)
        note(encoding.trailer(trailer), isSigned && !trailer.isEmpty)
        return body
    }

    private func signed(_ vector: SignatureVector) throws -> ChunkedEncoding {
        let date = try SigningDate(#require(vector.moment))
        return try ChunkedEncoding(signature: vector.signatureV4(), seed: vector.signV4().signature, date: date, credentials: vector.keys)
    }

    /// Trailers that are not signed stand in the body alone.
    private func trailer(_ vector: SignatureVector) -> [HeaderField] {
        if let fields = vector.trailer?.trailers { return fields.map { HeaderField($0[0], $0[1]) } }
        guard (try? vector.payload()) == .unsignedWithTrailer, let text = vector.request?.bodyB64, let data = Data(base64Encoded: text) else {
            return []
        }
        let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
        return lines.suffix(while: { $0.hasPrefix("x-amz-") }).map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return HeaderField(String(parts[0]), String(parts[1]))
        }
    }
}

extension Array {
    fileprivate func suffix(while isIncluded: (Element) -> Bool) -> ArraySlice<Element> {
        let start = lastIndex { !isIncluded($0) }.map { $0 + 1 } ?? startIndex
        return self[start...]
    }
}
