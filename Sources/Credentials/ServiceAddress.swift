internal import Foundation

/// Whether an address may be trusted with a secret, and by which way it is reached.
package enum ServiceAddress {
    /// Over TLS, or to this machine.
    package static func isPrivate(_ url: String) -> Bool {
        guard let parts = URLComponents(string: url), let host = parts.host?.nonEmpty, parts.user == nil else { return false }
        return parts.scheme == "https" || (parts.scheme == "http" && isLoopback(host))
    }

    /// As `isPrivate`, or to the link-local addresses of ECS and EKS, which end on the host.
    static func isContainerService(_ url: String) -> Bool {
        if isPrivate(url) { return true }
        guard let parts = URLComponents(string: url), parts.scheme == "http", parts.user == nil else { return false }
        return ["169.254.170.2", "169.254.170.23", "fd00:ec2::23", "[fd00:ec2::23]"].contains(parts.host ?? "")
    }

    /// Amazon's token service (STS) of a region, or the one of all.
    static func tokenService(region: String?) -> String {
        guard let region else { return "https://sts.amazonaws.com" }
        return "https://sts.\(region).amazonaws.com\(region.hasPrefix("cn-") ? ".cn" : "")"
    }

    /// On this machine, or at one of the addresses that its host answers (RFC 3927, RFC 4291 2.5.6, and Amazon's fd00:ec2::/32): no proxy
    /// in between could reach the same.
    package static func isNear(_ url: String) -> Bool {
        guard let host = URLComponents(string: url)?.host?.lowercased() else { return false }
        let address = host.hasPrefix("[") ? host.dropFirst().prefix { $0 != "]" } : host[...]
        return isLoopback(host) || isHostLocal(address)
    }

    private static func isHostLocal(_ address: Substring) -> Bool {
        if address.contains(":") { return ["fe80:", "fd00:ec2:"].contains { address.hasPrefix($0) } }
        let numbers = address.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return numbers.count == 4 && numbers[0] == 169 && numbers[1] == 254 && numbers.allSatisfy { $0 != nil }
    }

    private static func isLoopback(_ host: String) -> Bool {
        if ["localhost", "::1", "[::1]"].contains(host) { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return numbers.count == 4 && numbers[0] == 127 && numbers.allSatisfy { $0 != nil }
    }
}
