package import NIOHTTP1

/// Whose names a request uses: the service's own, or S3's where the service knows both.
package enum HeaderFamily: Hashable, Sendable {
    case native
    case compatible

    /// The signature says it; without one, the headers do.
    package init(headers: HTTPHeaders, target: RequestTarget) {
        if let authorization = headers.first(name: "authorization") {
            self = authorization.hasPrefix("AWS") ? .compatible : .native
        } else if target.has("AccessKeyId") {
            self = .native
        } else if target.has("AWSAccessKeyId") || target.has("X-Amz-Algorithm") || target.has("X-Amz-Signature") {
            self = .compatible
        } else {
            let names = headers.map { $0.name.lowercased() }
            self = names.contains { $0.hasPrefix("x-amz-") } && !names.contains { $0.hasPrefix("x-obs-") } ? .compatible : .native
        }
    }
}
