/// What the well-known hosts of the four families say by their names.
extension Endpoint {
    /// The family of a well-known host; nil of any other.
    package var family: Dialect.Family? {
        if isAmazon { return .s3 }
        if ends(with: ["cloud-object-storage.appdomain.cloud", "objectstorage.softlayer.net"]) { return .cos }
        if ends(with: ["ctyunapi.cn"]) { return .oos }
        if ends(with: ["myhuaweicloud.com", "myhuaweicloud.cn", "myhuaweicloud.eu"]) || labels.first == "obs" && labels.count > 2 { return .obs }
        return nil
    }

    /// The region that a well-known host serves; nil of any other.
    package var region: String? {
        switch family {
        case .s3:
            if let old = labels.first, old.hasPrefix("s3-"), old != "s3-fips" { return String(old.dropFirst(3)) }
            let named = labels.drop { $0 == "s3" || $0 == "dualstack" || $0 == "s3-fips" || $0.hasPrefix("s3express-") }
            return named.first == "amazonaws" ? "us-east-1" : named.first
        case .obs: return labels.count > 3 && labels[0] == "obs" ? labels[1] : nil
        case .cos: return labels.drop { ["s3", "private", "direct"].contains($0) }.first
        case .oos: return labels.first.flatMap { $0.hasPrefix("oos-") ? String($0.dropFirst(4)) : nil }
        case nil: return nil
        }
    }

    /// The public endpoint of a family; nil where there is none without knowing the region.
    package static func standard(_ family: Dialect.Family, region: String?) -> Endpoint? {
        switch family {
        case .s3: amazon(region: region ?? "us-east-1")
        case .obs: region.flatMap { Endpoint("https://obs.\($0).myhuaweicloud.com") }
        case .cos: region.flatMap { Endpoint("https://s3.\($0).cloud-object-storage.appdomain.cloud") }
        case .oos: Endpoint("https://oos-\(region ?? "cn").ctyunapi.cn")
        }
    }

    /// CTYun's pools of the generation that knows Signature Version 4. Source: "Endpoints", OOS 6 Developer's Guide.
    package var isUnifiedOOS: Bool {
        let regions = ["cn", "hazz", "lnsy", "sccd", "xjwlmq", "gslz", "sdqd", "gzgy", "hbwh", "xzls", "ahwh", "gdsz"]
        return family == .oos && regions.contains(region ?? "")
    }

    /// Amazon's endpoint of another region; any other endpoint stays as it is.
    func moved(to region: String) -> Endpoint {
        guard isAmazon, labels.first == "s3", self.region != region else { return self }
        return Endpoint.amazon(region: region) ?? self
    }

    /// Whether `host` (no port) may be told what this endpoint is told: the endpoint itself, a bucket of it, or, of a well-known
    /// provider, another of its hosts.
    package func isSameSite(_ host: String) -> Bool {
        let host = host.lowercased()
        if host == self.host || host.hasSuffix("." + self.host) { return true }
        return Self.providers.contains { domain, service in
            self.host.hasSuffix(domain) && host.hasSuffix(domain) && Self.serves(host.dropLast(domain.count), service)
        }
    }

    /// Whether what stands before a provider's domain is a host of its object storage, and not one that its customers may have there:
    /// `s3`, `bucket.s3.region`, `s3-region`, `s3.dualstack.region`.
    private static func serves(_ name: Substring, _ service: String) -> Bool {
        let labels = name.split(separator: ".")
        func isService(_ index: Int) -> Bool {
            guard let label = labels.dropLast(index).last else { return false }
            return label == service || label.hasPrefix(service + "-") || label.hasPrefix(service + "express-")
        }
        let isVariant = ["dualstack", "private", "direct"].contains(labels.dropLast().last ?? "")
        return isService(0) || isService(1) || isVariant && isService(2)
    }

    /// Whether the host is an address and no name (RFC 3986, 3.2.2).
    package var isAddress: Bool {
        host.hasPrefix("[") || labels.count == 4 && labels.allSatisfy { UInt8($0) != nil }
    }

    /// Their domains, and what the hosts of their object storage are called.
    private static let providers = [
        (".amazonaws.com", "s3"), (".amazonaws.com.cn", "s3"), (".myhuaweicloud.com", "obs"), (".myhuaweicloud.cn", "obs"),
        (".myhuaweicloud.eu", "obs"), (".cloud-object-storage.appdomain.cloud", "s3"), (".ctyunapi.cn", "oos"),
    ]

    private var labels: [String] { host.split(separator: ".").map(String.init) }

    private func ends(with domains: [String]) -> Bool {
        domains.contains { host.hasSuffix("." + $0) }
    }
}
