import Foundation
import NIOHTTP1
import StoreServer
import Testing

/// A request that an SDK signed, or the documentation of a service, in any of the schemes: the vectors that the client's signatures are held to too.
struct SchemeVector: Decodable, CustomTestStringConvertible {
    struct Keys: Decodable {
        var accessKey: String
        var secretKey: String
    }

    struct Wire: Decodable {
        var method: String
        var rawPath: String
        var rawQuery: String
        var headers: [[String]]
        var host: String
    }

    private struct File: Decodable {
        var vectors: [SchemeVector]
    }

    var id: String
    var scheme: String
    var credentials: Keys
    var bucket: String?
    var addressing: String?
    var request: Wire?
    var date: String
    var region: String?
    var service: String?
    var stringToSign: String?
    var authorization: String?

    var testDescription: String { id }

    static let all: [SchemeVector] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../SigningTests/Fixtures/signatures.json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let data = try? Data(contentsOf: file), let all = try? decoder.decode(File.self, from: data) else { return [] }
        return all.vectors.filter { $0.request != nil && $0.service != "sts" }
    }()

    static let plain = all.filter { !$0.scheme.contains("v4") }

    var dialect: Dialect {
        if scheme.hasPrefix("obs") { return .obs }
        if scheme.hasPrefix("oos") { return .oos }
        return scheme.hasPrefix("ibm") ? .cos : .s3
    }

    var signatureScheme: SignatureScheme { scheme.contains("v4") ? .v4 : scheme == "obs" || scheme == "obs-presigned" ? .obs : .v2 }

    var headers: HTTPHeaders {
        var headers = HTTPHeaders((request?.headers ?? []).map { ($0[0], $0[1]) })
        if !headers.contains(name: "host") { headers.add(name: "Host", value: request?.host ?? "") }
        if let authorization, !headers.contains(name: "authorization") { headers.add(name: "Authorization", value: authorization) }
        return headers
    }

    var signed: SignedRequest {
        get throws {
            let wire = request ?? Wire(method: "", rawPath: "/", rawQuery: "", headers: [], host: "")
            let target = try RequestTarget(wire.rawPath + (wire.rawQuery.isEmpty ? "" : "?" + wire.rawQuery))
            let hostBucket = addressing == "virtual" ? bucket : addressing == "cname" ? wire.host : nil
            return SignedRequest(
                method: wire.method, target: target, headers: headers, hostBucket: hostBucket == "" ? nil : hostBucket)
        }
    }

    /// When it was signed; some vectors have another clock than their date says.
    var now: StoreTime {
        get throws {
            if signatureScheme == .v4, let request,
                let claim = try SignatureClaim.find(headers: headers, target: RequestTarget("/?" + request.rawQuery))
            {
                if let time = StoreTime(basicISO: claim.timestamp) { return time }
            }
            if let text = headers.first(name: "x-amz-date") ?? headers.first(name: "x-obs-date") ?? headers.first(name: "date"),
                let time = StoreTime(http: text)
            {
                return time
            }
            let digits = date.filter { $0 != "-" && $0 != ":" }
            return StoreTime(basicISO: digits) ?? StoreTime(milliseconds: 1_773_480_413_000)
        }
    }

    /// A verifier that has this vector's keys; `secretKey` in place of the right one.
    func verifier(secretKey: String? = nil) -> SignatureVerifier {
        let keys = KeyRing(accessKey: credentials.accessKey, secretKey: secretKey ?? credentials.secretKey)
        let name = headers.first(name: "x-obs-security-token") ?? headers.first(name: "x-amz-security-token") ?? queryToken
        if let name { keys.requireToken(name, of: credentials.accessKey) }
        return SignatureVerifier(keys: keys, region: region ?? "us-east-1", dialect: dialect)
    }

    private var queryToken: String? {
        let items = (try? RequestTarget("/?" + (request?.rawQuery ?? "")))?.query ?? []
        return items.first { $0.name.lowercased().hasSuffix("-security-token") }?.value
    }
}
