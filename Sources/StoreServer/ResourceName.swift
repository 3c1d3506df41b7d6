package import ObjectStorage

/// Which bucket and which object a request names.
package struct ResourceName: Hashable, Sendable {
    package var bucket: String?
    package var key: Key?
    /// Whether the bucket stood in the host's name.
    package private(set) var isVirtualHost = false

    /// Takes the bucket from the host's first label where the host is below one of the dialect's, else from the path.
    package init(target: RequestTarget, host: String, dialect: Dialect) throws(ServiceError) {
        let path = target.rawPath.dropFirst()
        if let bucket = Self.bucket(ofHost: host, dialect.hosts) {
            self.bucket = bucket
            isVirtualHost = true
            key = try Self.key(path, dialect)
            return
        }
        let parts = path.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, !path.isEmpty else { return }
        if dialect.requiresVirtualHosts, Self.isNamed(host, dialect.hosts) { throw .virtualHostRequired }
        guard let name = PercentCoding.decodeText(first) else { throw .invalidURI }
        bucket = name
        key = try parts.count == 2 ? Self.key(parts[1], dialect) : nil
    }

    private static func isNamed(_ host: String, _ hosts: [String]) -> Bool {
        hosts.contains(host.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)[0].lowercased())
    }

    private static func bucket(ofHost host: String, _ hosts: [String]) -> String? {
        let name = host.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)[0].lowercased()
        if hosts.contains(name) { return nil }
        let parent = hosts.first { name.hasSuffix("." + $0) }
        return parent.map { String(name.dropLast($0.utf8.count + 1)) }
    }

    private static func key(_ raw: Substring, _ dialect: Dialect) throws(ServiceError) -> Key? {
        if raw.isEmpty { return nil }
        guard let bytes = PercentCoding.decode(raw), String(validating: bytes, as: UTF8.self) != nil else { throw .invalidURI }
        guard bytes.count <= dialect.limits.key else { throw .keyTooLong }
        return Key(bytes)
    }

    /// The rules for names of buckets: 3 to 63 of `a-z 0-9 . -`, no IP address, labels that begin and end with a letter or a digit.
    package static func isValidBucket(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard (3...63).contains(bytes.count), bytes.allSatisfy(isBucketByte) else { return false }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        let isAddress = labels.count == 4 && labels.allSatisfy { UInt8($0) != nil }
        return !isAddress && labels.allSatisfy { !$0.isEmpty && !$0.hasPrefix("-") && !$0.hasSuffix("-") }
    }

    private static func isBucketByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"): true
        default: false
        }
    }
}
