package import NIOHTTP1

/// What a request says of its own signature (Signature Version 4), not verified yet.
package struct SignatureClaim: Hashable, Sendable {
    package var accessKey: String
    /// `yyyymmdd`, region, service as the credential scope names them.
    package var day: String
    package var region: String
    package var service: String
    package var signedHeaders: [String]
    /// 64 hex digits.
    package var signature: String
    /// `yyyymmddThhmmssZ`
    package var timestamp: String
    /// For how many seconds a presigned request is valid; nil for a header signature.
    package var expires: Int64?

    package static let algorithm = "AWS4-HMAC-SHA256"

    package var scope: String { "\(day)/\(region)/\(service)/aws4_request" }

    /// The claim of a request, nil when it is not signed this way.
    package static func find(headers: HTTPHeaders, target: RequestTarget) throws(ServiceError) -> SignatureClaim? {
        if let authorization = headers.first(name: "authorization") {
            guard authorization.hasPrefix(algorithm + " ") else { return nil }
            return try SignatureClaim(authorization: authorization, headers: headers)
        }
        return try target.has("X-Amz-Algorithm") || target.has("X-Amz-Signature") ? SignatureClaim(query: target) : nil
    }

    private init(authorization: String, headers: HTTPHeaders) throws(ServiceError) {
        var fields: [String: String] = [:]
        for field in authorization.dropFirst(Self.algorithm.count + 1).split(separator: ",") {
            let sides = field.trimmed.split(separator: "=", maxSplits: 1)
            if sides.count == 2 { fields[String(sides[0])] = String(sides[1]) }
        }
        let malformed = ServiceError(400, "AuthorizationHeaderMalformed", "The authorization header that you provided is not valid.")
        guard let credential = fields["Credential"], let signed = fields["SignedHeaders"], let signature = fields["Signature"] else {
            throw malformed
        }
        guard let timestamp = Self.timestamp(in: headers) else {
            throw ServiceError(403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header")
        }
        try self.init(credential: credential, signedHeaders: signed, signature: signature, timestamp: timestamp, malformed: malformed)
    }

    private init(query target: RequestTarget) throws(ServiceError) {
        let malformed = ServiceError(
            400, "AuthorizationQueryParametersError",
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
        )
        guard target["X-Amz-Algorithm"] == Self.algorithm, let credential = target["X-Amz-Credential"], let signed = target["X-Amz-SignedHeaders"],
            let signature = target["X-Amz-Signature"], let timestamp = target["X-Amz-Date"], let text = target["X-Amz-Expires"],
            let expires = Int64(text), expires >= 0
        else { throw malformed }
        try self.init(credential: credential, signedHeaders: signed, signature: signature, timestamp: timestamp, malformed: malformed)
        self.expires = expires
    }

    private init(credential: String, signedHeaders: String, signature: String, timestamp: String, malformed: ServiceError) throws(ServiceError) {
        let scope = credential.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard scope.count >= 5, scope[scope.count - 1] == "aws4_request" else { throw malformed }
        accessKey = scope[0..<(scope.count - 4)].joined(separator: "/")
        day = scope[scope.count - 4]
        region = scope[scope.count - 3]
        service = scope[scope.count - 2]
        self.signedHeaders = signedHeaders.split(separator: ";").map { $0.lowercased() }
        self.signature = signature
        self.timestamp = timestamp
        guard timestamp.hasPrefix(day) else { throw malformed }
    }

    private static func timestamp(in headers: HTTPHeaders) -> String? {
        if let text = headers.first(name: "x-amz-date") { return text }
        return headers.first(name: "date").flatMap { StoreTime(http: $0) }.map(\.basicText)
    }
}

extension StoreTime {
    /// `20260314T092653Z`
    package var basicText: String {
        String(isoText.dropLast(5).filter { $0 != "-" && $0 != ":" }) + "Z"
    }
}

extension StringProtocol {
    /// Without blanks and tabs at both ends.
    var trimmed: SubSequence {
        let start = firstIndex { $0 != " " && $0 != "\t" } ?? endIndex
        let end = lastIndex { $0 != " " && $0 != "\t" }.map { index(after: $0) } ?? start
        return self[start..<Swift.max(start, end)]
    }
}
