import Credentials
import FileSystemTypes
import Foundation
import Signing
import Testing

/// The requests of vectors without what signing adds, and our signers in place of theirs.
extension SignatureVector {
    struct Outcome: Equatable {
        var stringToSign: String
        var signature: String
        var authorization: String?
        var url: String?
    }

    var keys: Credentials {
        Credentials(accessKeyID: credentials.accessKey, secretAccessKey: credentials.secretKey, sessionToken: credentials.securityToken)
    }

    /// Nil for published examples that give no time of day: their `Date` header is part of the request.
    var moment: Timestamp? { Timestamp(iso8601: date) ?? Timestamp(basic: date) }

    func outcome() throws -> Outcome {
        let signed = try isForm ? form() : isPresigned ? presigned() : headers()
        return Outcome(stringToSign: signed.text, signature: signed.signature, authorization: signed.authorization, url: signed.url)
    }

    private typealias Result = (text: String, signature: String, authorization: String?, url: String?)

    private func headers() throws -> Result {
        let request = try signable()
        if isV4 {
            let signed = try signV4()
            return (signed.stringToSign, signed.signature, signed.headers.last?.value, nil)
        }
        let date = SigningDate(moment ?? Timestamp(seconds: 0))
        let signed = try SignatureV2(v2Dialect()).sign(request, date: date, credentials: keys)
        return (String(decoding: signed.stringToSign, as: UTF8.self), signed.signature, signed.headers.last?.value, nil)
    }

    func signV4() throws -> SignatureV4.Signed {
        try signatureV4().sign(signable(), payload: payload(), date: SigningDate(#require(moment)), credentials: keys)
    }

    private func presigned() throws -> Result {
        let scheme = url?.hasPrefix("http:") == true ? "http" : "https"
        let query = try items()
        func value(_ name: String) throws -> Int64 {
            try #require(query.first { $0.name == name }?.value.flatMap { Int64($0) }, "no \(name) in the query")
        }
        let presigned =
            try isV4
            ? PresignedV4(signatureV4()).presign(
                signable(), lifetimeSeconds: Int(value("X-Amz-Expires")), date: SigningDate(#require(moment)), credentials: keys)
            : PresignedV2(SignatureV2(v2Dialect())).presign(signable(), until: Timestamp(seconds: value("Expires")), credentials: keys)
        return (String(decoding: presigned.stringToSign, as: UTF8.self), presigned.signature, nil, presigned.url(scheme: scheme))
    }

    private func form() throws -> Result {
        let policy = try PostPolicy(#require(originPolicy))
        let signature = try formFields()[isV4 ? "x-amz-signature" : "signature"]
        return try (policy.encoded, #require(signature), nil, nil)
    }

    func formFields() throws -> [String: String] {
        let policy = try PostPolicy(#require(originPolicy))
        let fields =
            try isV4
            ? policy.fields(signedWith: signatureV4(), date: SigningDate(#require(moment)), credentials: keys)
            : policy.fields(signedWith: SignatureV2(v2Dialect()), credentials: keys)
        return Dictionary(uniqueKeysWithValues: fields.map { ($0.name, $0.value) })
    }

    func signatureV4() throws -> SignatureV4 {
        let dialect: SignatureV4.Dialect = scheme.hasPrefix("obs") ? .obs : scheme.hasPrefix("ibm") ? .ibm : .s3
        return try SignatureV4(region: #require(region), service: service ?? "s3", dialect: dialect)
    }

    private func v2Dialect() throws -> SignatureV2.Dialect {
        switch scheme.replacing("-presigned", with: "").replacing("-post", with: "") {
        case "obs": return .obs
        case "obs-v2", "obsv2": return .obsV2
        case "s3v2": return .s3
        case "oos-v2": return .oos
        default: throw UnknownScheme(scheme: scheme)
        }
    }

    struct UnknownScheme: Error {
        var scheme: String
    }

    func payload() throws -> SignatureV4.Payload {
        let text = try #require(request?.headers.first { $0[0].lowercased() == "x-amz-content-sha256" })[1]
        let named: [SignatureV4.Payload] = [.unsigned, .chunked, .chunkedWithTrailer, .unsignedWithTrailer]
        return named.first { $0.text == text } ?? .sha256(text)
    }

    func signable() throws -> SignableRequest {
        let wire = try #require(request)
        return try SignableRequest(
            method: wire.method, host: wire.host, path: wire.rawPath, query: items().filter { !isAdded($0) },
            headers: wire.headers.map { HeaderField($0[0], $0[1]) }.filter { !isAdded($0) }, hostBucket: hostBucket(wire.host))
    }

    private func hostBucket(_ host: String) -> String? {
        switch addressing {
        case "cname": host.split(separator: ":").first.map(String.init)
        case "virtual": bucket.flatMap { $0.isEmpty ? nil : $0 }
        default: nil
        }
    }

    private func items() throws -> [QueryItem] {
        try #require(request).rawQuery.split(separator: "&").map { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return QueryItem(String(parts[0]), parts.count > 1 ? String(parts[1]) : nil)
        }
    }

    private func isAdded(_ item: QueryItem) -> Bool {
        guard isPresigned else { return false }
        let name = item.name.lowercased()
        let v4: Set = ["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signedheaders", "x-amz-signature"]
        let v2: Set = ["awsaccesskeyid", "accesskeyid", "expires", "signature"]
        return (isV4 ? v4 : v2).contains(name) || isToken(name)
    }

    /// A `Date` that our signer writes too is left out, so that the test sees whether it does.
    private func isAdded(_ field: HeaderField) -> Bool {
        let name = field.name.lowercased()
        if name == "host" || name == "authorization" || isToken(name) { return true }
        if isV4, name == "x-amz-date" || name == "x-amz-content-sha256" { return true }
        guard name == "date", let moment, !isV4 || scheme.hasPrefix("obs") else { return false }
        return field.value == SigningDate(moment).http
    }

    private func isToken(_ name: String) -> Bool {
        credentials.securityToken != nil && (name == "x-amz-security-token" || name == "x-obs-security-token")
    }
}
