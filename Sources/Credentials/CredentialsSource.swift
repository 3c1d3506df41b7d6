package import FileSystemTypes

/// Where credentials came from, for people. It holds no secret.
package struct CredentialsSource: Hashable, Sendable, CustomStringConvertible {
    /// What their provider is called, e.g. `environment`.
    package let name: String
    /// What they are, e.g. `temporary keys`.
    package let kind: String
    /// When the store stops accepting them; nil for what lasts.
    package let expiration: Timestamp?

    init(name: String, authority: Authority) {
        self.name = name
        expiration = authority.expiration
        kind =
            switch authority {
            case .keys(let keys): keys.sessionToken == nil ? "access keys" : "temporary keys"
            case .bearer: "access token"
            case .anonymous: "no credentials"
            }
    }

    /// E.g. `temporary keys from EC2 instance metadata, until 2026-03-14T10:00:00Z`.
    package var description: String {
        "\(kind) from \(name)" + (expirationText.map { ", until \($0)" } ?? "")
    }

    package var expirationText: String? { expiration.map(Self.text) }

    /// In UTC, as ISO 8601 writes it.
    private static func text(_ moment: Timestamp) -> String {
        let civil = CivilTime(moment)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(civil.year)-\(two(civil.month))-\(two(civil.day))T\(two(civil.hour)):\(two(civil.minute)):\(two(civil.second))Z"
    }
}
