package import NIOHTTP1

/// What a request says of its own signature in OBS's scheme or Version 2, not verified yet.
package struct PlainClaim: Hashable, Sendable {
    package var accessKey: String
    /// As it came: base 64.
    package var signature: String
    /// Until when a presigned request is valid, in seconds of UNIX time; nil for a header signature.
    package var expires: Int64?

    /// From `AWS KEY:SIGNATURE` or `OBS KEY:SIGNATURE`.
    package init(authorization: String) throws(ServiceError) {
        let sides = authorization.dropFirst(4).trimmed.split(separator: ":", maxSplits: 1)
        guard sides.count == 2 else { throw .invalidArgument("The authorization header that you provided is not valid.") }
        accessKey = String(sides[0])
        signature = String(sides[1])
    }

    /// From the parameters `AccessKeyId` or `AWSAccessKeyId`, `Expires` and `Signature`.
    package init(query: RequestTarget) throws(ServiceError) {
        guard let accessKey = query["AccessKeyId"] ?? query["AWSAccessKeyId"], let signature = query["Signature"], let expires = query["Expires"]
        else {
            throw ServiceError(403, "AccessDenied", "Query-string authentication requires the Signature, Expires and AccessKeyId parameters")
        }
        guard let moment = Int64(expires) else { throw ServiceError(403, "AccessDenied", "Invalid date (should be seconds since epoch): \(expires)") }
        self.accessKey = accessKey
        self.signature = signature
        self.expires = moment
    }
}

extension SignatureScheme {
    /// How a request is signed; nil for one that is not.
    package static func find(headers: HTTPHeaders, target: RequestTarget) throws(ServiceError) -> SignatureScheme? {
        if let authorization = headers.first(name: "authorization") {
            if authorization.hasPrefix(SignatureClaim.algorithm + " ") { return .v4 }
            if authorization.hasPrefix("AWS ") { return .v2 }
            if authorization.hasPrefix("OBS ") { return .obs }
            if authorization.lowercased().hasPrefix("bearer ") { return .bearer }
            throw .invalidArgument("Unsupported Authorization Type")
        }
        if target.has("X-Amz-Algorithm") || target.has("X-Amz-Signature") { return .v4 }
        if target.has("AWSAccessKeyId") { return .v2 }
        return target.has("AccessKeyId") || target.has("Signature") ? .obs : nil
    }
}
