package import Credentials

/// How requests to a store prove who sends them.
package enum Authorization: Hashable, Sendable {
    case v4(SignatureV4, Credentials)
    /// Version 2 and its relatives, among them Huawei's own.
    case v2(SignatureV2, Credentials)
    case bearer(BearerToken)
    /// Nothing is added: for what everyone may do.
    case anonymous

    /// The headers to add to `request`. `payload` matters to Version 4 alone.
    package func headers(for request: SignableRequest, payload: SignatureV4.Payload, date: SigningDate) -> [HeaderField] {
        switch self {
        case .v4(let signature, let credentials):
            signature.headers(signing: request, payload: payload, date: date, credentials: credentials)
        case .v2(let signature, let credentials):
            signature.headers(signing: request, date: date, credentials: credentials)
        case .bearer(let token): token.headers
        case .anonymous: []
        }
    }
}
