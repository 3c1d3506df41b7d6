internal import ObjectStorage
internal import Signing

/// Where a store answers: scheme, host and port, nothing else.
package struct Endpoint: Hashable, Sendable {
    package let isSecure: Bool
    /// Without port; an IPv6 address in brackets.
    package let host: String
    /// Nil for the scheme's own port.
    package let port: Int?

    /// How a bucket's name becomes part of the address.
    package enum Addressing: String, Hashable, Sendable, CaseIterable {
        /// `https://endpoint/bucket/key`
        case path
        /// `https://bucket.endpoint/key`
        case virtual
        /// Virtual on Amazon's own hosts, path elsewhere, as the AWS SDKs do it.
        case auto
        /// `https://endpoint/key`: the host stands for one bucket.
        case domain
    }

    /// Takes `host`, `host:port`, `http://…` or `https://…`; without scheme it is https. Nil when it has a path, a user or no host.
    package init?(_ text: String) {
        var rest = text[...]
        isSecure = !rest.hasPrefix("http://")
        if let scheme = rest.firstRange(of: "://") {
            guard ["http", "https"].contains(rest[..<scheme.lowerBound]) else { return nil }
            rest = rest[scheme.upperBound...]
        }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        guard let (host, port) = Self.split(rest), !host.isEmpty else { return nil }
        self.host = host.lowercased()
        self.port = port == (isSecure ? 443 : 80) ? nil : port
    }

    /// Amazon's own endpoint for a region.
    package static func amazon(region: String) -> Endpoint? {
        Endpoint("https://s3.\(region).amazonaws.com\(region.hasPrefix("cn-") ? ".cn" : "")")
    }

    package var isAmazon: Bool { host.hasSuffix(".amazonaws.com") || host.hasSuffix(".amazonaws.com.cn") }

    private var authority: String { port.map { "\(host):\($0)" } ?? host }

    private static func split(_ text: Substring) -> (host: String, port: Int?)? {
        guard !text.contains(where: { "/?#@ ".contains($0) }) else { return nil }
        let end = text.hasPrefix("[") ? text.firstIndex(of: "]").map { text.index(after: $0) } : text.firstIndex(of: ":")
        guard let end, end != text.endIndex else { return (String(text), nil) }
        guard text[end] == ":", let port = Int(text[text.index(after: end)...]), (1...65_535).contains(port) else { return nil }
        return (String(text[..<end]), port)
    }

    /// An address on the wire.
    struct Location {
        /// As the `Host` header has it.
        let host: String
        /// Encoded.
        let path: String
        /// The bucket that the host names.
        var hostBucket: String?
    }

    /// The address of a bucket and key; both nil for the service itself.
    func location(bucket: BucketName?, key: Key?, addressing: Addressing) -> Location {
        let object = key.map { PercentEncoding.encodePath($0.bytes) } ?? ""
        if addressing == .domain { return Location(host: authority, path: "/\(object)", hostBucket: host) }
        guard let bucket else { return Location(host: authority, path: "/") }
        if usesVirtualHost(bucket, addressing) { return Location(host: "\(bucket.text).\(authority)", path: "/\(object)", hostBucket: bucket.text) }
        return Location(host: authority, path: key == nil ? "/\(bucket.text)" : "/\(bucket.text)/\(object)")
    }

    /// The certificate of a virtual host covers one label only: buckets with dots go by path where there is a choice.
    private func usesVirtualHost(_ bucket: BucketName, _ addressing: Addressing) -> Bool {
        switch addressing {
        case .path, .domain: false
        case .virtual: true
        case .auto: isAmazon && !(isSecure && bucket.text.contains("."))
        }
    }
}

extension Endpoint: CustomStringConvertible {
    package var description: String { "\(isSecure ? "https" : "http")://\(authority)" }
}
