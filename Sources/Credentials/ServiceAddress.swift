internal import Foundation

/// Whether an address may be trusted with a secret.
enum ServiceAddress {
    /// Over TLS, or to this machine.
    static func isPrivate(_ url: String) -> Bool {
        guard let parts = URLComponents(string: url), let host = parts.host?.nonEmpty, parts.user == nil else { return false }
        return parts.scheme == "https" || (parts.scheme == "http" && isLoopback(host))
    }

    /// As `isPrivate`, or to the link-local addresses of ECS and EKS, which end on the host.
    static func isContainerService(_ url: String) -> Bool {
        if isPrivate(url) { return true }
        guard let parts = URLComponents(string: url), parts.scheme == "http", parts.user == nil else { return false }
        return ["169.254.170.2", "169.254.170.23", "fd00:ec2::23", "[fd00:ec2::23]"].contains(parts.host ?? "")
    }

    private static func isLoopback(_ host: String) -> Bool {
        if ["localhost", "::1", "[::1]"].contains(host) { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return numbers.count == 4 && numbers[0] == 127 && numbers.allSatisfy { $0 != nil }
    }
}
