/// An IBM Cloud API key, and where it is exchanged for a token. No description, dump or mirror of it shows the key.
package struct APIKey: Hashable, Sendable {
    package let secret: String
    package let serviceInstanceID: String?
    /// Another IAM than the public one (`IBM_AUTH_ENDPOINT`): its root, or the full address of its token service.
    package let authEndpoint: String?

    package init(_ secret: String, serviceInstanceID: String? = nil, authEndpoint: String? = nil) {
        self.secret = secret
        self.serviceInstanceID = serviceInstanceID
        self.authEndpoint = authEndpoint
    }
}

extension APIKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "APIKey" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["serviceInstanceID": serviceInstanceID as Any]) }
}

/// What a file or an environment holds: keys to be used as they are, or an API key to be exchanged.
enum StoredSecret: Hashable, Sendable {
    case keys(Credentials)
    case apiKey(APIKey)

    /// `exchange` is nil where the program has no way to reach IAM.
    func authority(_ source: String, _ exchange: IBMTokenExchange?) async throws(CredentialsError) -> Authority {
        switch self {
        case .keys(let keys): return .keys(keys)
        case .apiKey(let key):
            guard let exchange else {
                throw CredentialsError("\(source) gives an IBM API key, which only IBM COS takes; use access keys for this store")
            }
            return .bearer(try await exchange.token(for: key))
        }
    }
}
