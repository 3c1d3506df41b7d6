internal import HTTPTransport
internal import FileSystemTypes
internal import ObjectStorage
internal import Signing

/// Where an answer of 301, 302, 307 or 308 sends a request (RFC 9110, 15.4). Pure.
///
/// Followed is only what leads to the same object at the same site, and never from TLS to the clear: the request goes there with its body
/// and a signature of its own.
struct Redirection: Hashable {
    let endpoint: Endpoint
    /// Holds for later requests, too.
    let isPermanent: Bool

    /// Nil where the answer is none, or does not say where to. Fails when it leads where no request must go.
    init?(_ response: StoreResponse, _ request: StoreRequest, from endpoint: Endpoint, _ addressing: Endpoint.Addressing) throws(StoreError) {
        guard [301, 302, 307, 308].contains(response.status), let location = response.headers["location"], !location.isEmpty else { return nil }
        guard let target = Target(location, from: endpoint) else {
            throw Self.refused(request, "the store sends it on to an address that cannot be read")
        }
        guard endpoint.isSameSite(target.endpoint.host) else {
            throw Self.refused(
                request,
                "\(endpoint) sends it on to \(target.endpoint), another site, which must not see it; if that is right, name it as the endpoint")
        }
        guard target.endpoint.isSecure || !endpoint.isSecure else {
            throw Self.refused(request, "\(endpoint) sends it on to \(target.endpoint), which has no TLS")
        }
        guard let moved = target.endpoint(of: request, addressing) else {
            throw Self.refused(request, "\(endpoint) sends it on to another object; check the address")
        }
        self.endpoint = moved
        isPermanent = response.status == 301 || response.status == 308
    }

    static func refused(_ request: StoreRequest, _ why: String) -> StoreError {
        var error = StoreError(.wrongRegion, why)
        error.operation = request.title
        return error
    }

    /// The `Location` of an answer, taken apart.
    private struct Target {
        let endpoint: Endpoint
        /// Without query.
        let path: Substring

        init?(_ text: String, from origin: Endpoint) {
            guard !text.hasPrefix("/") || text.hasPrefix("//") else {
                endpoint = origin
                path = text.prefix { $0 != "?" && $0 != "#" }
                return
            }
            let absolute = text.hasPrefix("//") ? (origin.isSecure ? "https:" : "http:") + text : text
            guard let scheme = absolute.firstRange(of: "://") else { return nil }
            let rest = absolute[scheme.upperBound...]
            let authority = rest.prefix { !"/?#".contains($0) }
            guard let endpoint = Endpoint(String(absolute[..<authority.endIndex])) else { return nil }
            self.endpoint = endpoint
            path = rest[authority.endIndex...].prefix { $0 != "?" && $0 != "#" }
        }

        /// The endpoint from which our own way of addressing leads to the target; nil when that is another object.
        func endpoint(of request: StoreRequest, _ addressing: Endpoint.Addressing) -> Endpoint? {
            var host = endpoint
            let named = PercentEncoding.decode(path.utf8, plusIsBlank: false)
            if let bucket = request.bucket, addressing != .domain, endpoint.host.hasPrefix("\(bucket.text.lowercased()).") {
                guard let shorter = endpoint.withoutFirst(bucket.text.utf8.count + 1) else { return nil }
                host = shorter
                return Self.isSame(named, Self.path(nil, request.key)) ? host : nil
            }
            return Self.isSame(named, Self.path(addressing == .domain ? nil : request.bucket, request.key)) ? host : nil
        }

        private static func path(_ bucket: BucketName?, _ key: Key?) -> [UInt8] {
            var path = Array("/".utf8)
            if let bucket { path += Array(bucket.text.utf8) + (key == nil ? [] : Array("/".utf8)) }
            return path + (key?.bytes ?? [])
        }

        /// The slash after a bucket may be there or not.
        private static func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
            let slash = UInt8(ascii: "/")
            return left == right || left + [slash] == right || left == right + [slash] && right.split(separator: slash).count < 2
        }
    }
}

extension Endpoint {
    /// The same scheme and port, and the host without its first `count` bytes.
    fileprivate func withoutFirst(_ count: Int) -> Endpoint? {
        Endpoint("\(isSecure ? "https" : "http")://\(String(decoding: host.utf8.dropFirst(count), as: UTF8.self))\(port.map { ":\($0)" } ?? "")")
    }
}
