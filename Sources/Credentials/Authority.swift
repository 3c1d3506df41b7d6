package import FileSystemTypes

/// By what right requests are made. No description, dump or mirror of it shows a secret.
package enum Authority: Hashable, Sendable {
    /// Requests are signed.
    case keys(Credentials)
    /// Requests carry `Authorization: Bearer` (IBM COS with an API key).
    case bearer(BearerToken)
    /// Requests go out as they are; the bucket is open to everyone.
    case anonymous

    /// When the store stops accepting it; nil for what lasts.
    package var expiration: Timestamp? {
        switch self {
        case .keys(let keys): keys.expiration
        case .bearer(let token): token.expiration
        case .anonymous: nil
        }
    }

    /// The keys, or an error that says that `source` gives something else.
    func keys(from source: String) throws(CredentialsError) -> Credentials {
        switch self {
        case .keys(let keys): return keys
        case .bearer: throw CredentialsError("\(source) gives an IBM API key, which only IBM COS takes; use access keys for this store")
        case .anonymous: throw CredentialsError("this connection is anonymous, but the request has to be signed; configure access keys")
        }
    }
}

/// An access token that goes out as `Authorization: Bearer` (RFC 6750).
package struct BearerToken: Hashable, Sendable {
    package let token: String
    package let expiration: Timestamp
    /// `ibm-service-instance-id`, which creating and listing buckets need.
    package let serviceInstanceID: String?

    package init(_ token: String, expiration: Timestamp, serviceInstanceID: String? = nil) {
        self.token = token
        self.expiration = expiration
        self.serviceInstanceID = serviceInstanceID
    }
}

extension BearerToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "BearerToken(until \(expiration.seconds))" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["expiration": expiration]) }
}

/// Takes the place of keys where a bucket is to be used without any.
package struct AnonymousProvider: CredentialsProvider {
    package let name = "anonymous access"

    package init() {}

    package func authority() async throws(CredentialsError) -> Authority? { .anonymous }
}
