import NIOCore
import NIOHTTP1
import StoreServer
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SignatureTests {
    @Test func fixturesAreThere() {
        #expect(SignatureFixture.all.count >= 15)
        #expect(SignatureFixture.chunked.count >= 6)
    }

    @Test(arguments: SignatureFixture.all)
    func acceptsWhatIsSignedRight(_ fixture: SignatureFixture) throws {
        let now = try #require(try fixture.time)
        _ = try fixture.verifier.verify(fixture.request, now: now)
    }

    @Test(arguments: SignatureFixture.all)
    func buildsTheCanonicalRequest(_ fixture: SignatureFixture) throws {
        let request = try fixture.request
        let claim = try #require(try SignatureClaim.find(headers: request.headers, target: request.target))
        let hash = claim.expires == nil ? request.headers.first(name: "x-amz-content-sha256") ?? "" : "UNSIGNED-PAYLOAD"
        let canonical = CanonicalRequest(
            method: request.method, target: request.target, headers: request.headers, signedHeaders: claim.signedHeaders, payloadHash: hash)
        #expect(canonical.text() == fixture.canonicalRequest)
    }

    @Test(arguments: SignatureFixture.all)
    func refusesAnotherMethodPathOrSecret(_ fixture: SignatureFixture) throws {
        let now = try #require(try fixture.time)
        var request = try fixture.request
        request.method = "POST"
        #expect(throws: ServiceError.self) { try fixture.verifier.verify(request, now: now) }
        var other = fixture
        other.target = "/other" + fixture.target
        #expect(throws: ServiceError.self) { try other.verifier.verify(other.request, now: now) }
        other = fixture
        other.secretKey += "x"
        #expect(throws: ServiceError.self) { try other.verifier.verify(other.request, now: now) }
    }

    @Test(arguments: SignatureFixture.all)
    func refusesWrongTimes(_ fixture: SignatureFixture) throws {
        let now = try #require(try fixture.time)
        let early = StoreTime(milliseconds: now.milliseconds - 901_000)
        let late = StoreTime(milliseconds: now.milliseconds + 8 * 86_400_000)
        #expect(throws: ServiceError.self) { try fixture.verifier.verify(fixture.request, now: early) }
        #expect(throws: ServiceError.self) { try fixture.verifier.verify(fixture.request, now: late) }
        let near = StoreTime(milliseconds: now.milliseconds - 899_000)
        _ = try fixture.verifier.verify(fixture.request, now: near)
    }

    @Test func refusesHeadersThatAreNotSigned() throws {
        let fixture = try #require(SignatureFixture.all.first { $0.id == "s3v4-hdr-02" })
        let now = try #require(try fixture.time)
        var request = try fixture.request
        request.headers.add(name: "x-amz-meta-added", value: "by somebody")
        #expect(throws: ServiceError.self) { try fixture.verifier.verify(request, now: now) }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct ChunkedDecoderTests {
    private func decoder(_ fixture: SignatureFixture) throws -> ChunkedDecoder {
        let now = try #require(try fixture.time)
        guard case .chunked(let signatures, let trailer) = try fixture.verifier.verify(fixture.request, now: now) else {
            throw ServiceError(500, "Test", "the fixture is not chunked")
        }
        return ChunkedDecoder(signatures: signatures, trailer: trailer)
    }

    private func decode(_ bytes: [UInt8], _ decoder: inout ChunkedDecoder, piece: Int) throws -> [UInt8] {
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: piece) {
            for slice in try decoder.decode(ByteBuffer(bytes: bytes[start..<min(start + piece, bytes.count)])) { result += slice.readableBytesView }
        }
        return result
    }

    @Test(arguments: SignatureFixture.chunked, [1, 7, 1000, 1 << 20])
    func decodesInAnyPieces(_ fixture: SignatureFixture, piece: Int) throws {
        var decoder = try decoder(fixture)
        let data = try decode(fixture.encodedBody, &decoder, piece: piece)
        #expect(decoder.isComplete)
        #expect(data.count == fixture.chunks.reduce(0) { $0 + $1.size })
        for line in fixture.trailer?.trailers ?? [] { #expect(decoder.trailers[line[0]] == line[1]) }
    }

    @Test(arguments: SignatureFixture.chunked.filter { $0.trailer == nil || $0.id == "s3v4-trailer-02" })
    func noticesEveryFlippedByteOfASignedBody(_ fixture: SignatureFixture) throws {
        guard fixture.id != "s3v4-trailer-04", fixture.encodedBody.count < 1000 else { return }
        let original = fixture.encodedBody
        for index in original.indices {
            var bytes = original
            bytes[index] ^= 2
            var decoder = try decoder(fixture)
            let data = try? decode(bytes, &decoder, piece: 64)
            let isRefused = data == nil || !decoder.isComplete
            let isHarmless = String(decoding: [original[index], bytes[index]], as: UTF8.self).allSatisfy { $0.isHexDigit || $0 == "-" }
            #expect(isRefused || isHarmless, "byte \(index) of \(fixture.id)")
        }
    }

    @Test(arguments: SignatureFixture.chunked)
    func isNotCompleteBeforeTheEnd(_ fixture: SignatureFixture) throws {
        let bytes = fixture.encodedBody
        var decoder = try decoder(fixture)
        _ = try decode(Array(bytes.dropLast()), &decoder, piece: 4096)
        #expect(!decoder.isComplete)
    }
}
