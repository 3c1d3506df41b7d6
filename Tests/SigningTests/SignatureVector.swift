import Credentials
import FileSystemTypes
import Foundation
import Signing
import Testing

/// A request with its signature, as an SDK or the documentation of a service has it.
struct SignatureVector: Decodable, Sendable, CustomTestStringConvertible {
    struct Keys: Decodable, Sendable {
        var accessKey: String
        var secretKey: String
        var securityToken: String?
    }

    struct Wire: Decodable, Sendable {
        var method: String
        var host: String
        var rawPath: String
        var rawQuery: String
        var headers: [[String]]
        var bodyB64: String?
        var bodySha256: String?
        var bodyLength: Int?
    }

    struct Chunk: Decodable, Sendable {
        var stringToSign: String
        var signature: String
    }

    struct Trailer: Decodable, Sendable {
        var trailers: [[String]]
        var stringToSign: String
        var signature: String
    }

    /// Either a text repeated, or bytes.
    struct PayloadChunk: Decodable, Sendable {
        var `repeat`: String?
        var count: Int?
        var base64: String?

        var bytes: [UInt8] {
            if let text = base64 { return Array(Data(base64Encoded: text) ?? Data()) }
            return Array(String(repeating: self.repeat ?? "", count: count ?? 0).utf8)
        }
    }

    var id: String
    var scheme: String
    var note: String?
    var credentials: Keys
    var bucket: String?
    var addressing: String?
    /// Forms have none.
    var request: Wire?
    var date: String
    var region: String?
    var service: String?
    var expires: Int?
    var signature: String
    var stringToSign: String?
    var canonicalRequest: String?
    var authorization: String?
    var url: String?
    var chunks: [Chunk]?
    var trailer: Trailer?
    var payloadChunks: [PayloadChunk]?
    var originPolicy: String?
    var policyB64: String?
    var formCredential: String?
    var fields: [String: String]?

    var testDescription: String { "\(id): \(note ?? "")" }
    var isPresigned: Bool { scheme.hasSuffix("-presigned") }
    var isForm: Bool { scheme.hasSuffix("-post") }
    var isV4: Bool { scheme.contains("v4") }
}

extension SignatureVector {
    private struct File: Decodable {
        var vectors: [SignatureVector]
    }

    /// `WINDLASS_SIGNATURE_VECTORS` may name another file of the same format.
    static let all: [SignatureVector] = {
        let given = ProcessInfo.processInfo.environment["WINDLASS_SIGNATURE_VECTORS"].map { URL(fileURLWithPath: $0) }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let url = given ?? Bundle.module.url(forResource: "Fixtures/signatures", withExtension: "json") else {
            preconditionFailure("there are no signature vectors")
        }
        do {
            return try decoder.decode(File.self, from: Data(contentsOf: url)).vectors
        } catch {
            preconditionFailure("the signature vectors in \(url.path) cannot be read: \(error)")
        }
    }()
}
