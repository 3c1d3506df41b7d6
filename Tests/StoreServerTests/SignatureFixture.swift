import Foundation
import NIOCore
import NIOHTTP1
import StoreServer
import Testing

/// One signed request with everything that its signature was made of.
struct SignatureFixture: Decodable, CustomTestStringConvertible {
    struct Chunk: Decodable {
        var size: Int
        var signature: String
    }

    struct Trailer: Decodable {
        var trailers: [[String]]
        var signature: String
    }

    var id: String
    var accessKey: String
    var secretKey: String
    var region: String
    var method: String
    var target: String
    var headers: [[String]]
    var canonicalRequest: String
    var signature: String
    var body: String?
    var chunks: [Chunk]
    var trailer: Trailer?

    var testDescription: String { id }

    static let all: [SignatureFixture] = {
        guard let url = Bundle.module.url(forResource: "signatures", withExtension: "json", subdirectory: "Fixtures"),
            let data = try? Data(contentsOf: url)
        else { return [] }
        return (try? JSONDecoder().decode([SignatureFixture].self, from: data)) ?? []
    }()

    static let chunked = all.filter { !$0.chunks.isEmpty }

    var httpHeaders: HTTPHeaders { HTTPHeaders(headers.map { ($0[0], $0[1]) }) }

    var request: SignedRequest {
        get throws { SignedRequest(method: method, target: try RequestTarget(target), headers: httpHeaders) }
    }

    /// When it was signed.
    var time: StoreTime? {
        get throws { try SignatureClaim.find(headers: httpHeaders, target: RequestTarget(target)).flatMap { StoreTime(basicISO: $0.timestamp) } }
    }

    var verifier: SignatureVerifier {
        SignatureVerifier(accessKey: accessKey, secretKey: secretKey, region: region, dialect: .s3)
    }

    /// The coded body; where the fixture has none, chunks of the letter a.
    var encodedBody: [UInt8] {
        if let body { return Base64.decode(body) ?? [] }
        var bytes: [UInt8] = []
        for chunk in chunks {
            bytes += "\(String(chunk.size, radix: 16));chunk-signature=\(chunk.signature)\r\n".utf8
            bytes += Array(repeating: UInt8(ascii: "a"), count: chunk.size)
            if chunk.size > 0 { bytes += "\r\n".utf8 }
        }
        for line in trailer?.trailers ?? [] { bytes += "\(line[0]):\(line[1])\r\n".utf8 }
        if let trailer { bytes += "x-amz-trailer-signature:\(trailer.signature)\r\n".utf8 }
        return bytes + "\r\n".utf8
    }
}
