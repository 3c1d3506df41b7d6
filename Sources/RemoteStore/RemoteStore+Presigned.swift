internal import FileSystemTypes
package import ObjectStorage
internal import Signing
internal import Synchronization

extension RemoteStore {
    package func presigned(_ method: PresignedMethod, _ key: Key, seconds: Int) async throws(StoreError) -> String {
        try await client.presigned(try checked(method.rawValue, key), seconds: seconds)
    }
}

extension StoreClient {
    /// The URL of a request, signed for whoever has it.
    func presigned(_ request: StoreRequest, seconds: Int) async throws(StoreError) -> String {
        let (region, offset) = learned.withLock { ($0.region, $0.clockOffsetSeconds) }
        let endpoint = standing(request.bucket)
        let location = endpoint.location(bucket: request.bucket, key: request.key, addressing: configuration.addressing)
        let signable = SignableRequest(
            method: request.method, host: location.host, path: location.path, query: request.query, headers: request.headers,
            hostBucket: location.hostBucket)
        let now = Timestamp(seconds: Timestamp.now.seconds + offset)
        let signed: Presigned
        switch authorization(try await authority(), region: region) {
        case .v4(let signature, let keys):
            signed = PresignedV4(signature).presign(signable, lifetimeSeconds: seconds, date: SigningDate(now), credentials: keys)
        case .v2(let signature, let keys):
            signed = PresignedV2(signature).presign(signable, until: Timestamp(seconds: now.seconds + Int64(seconds)), credentials: keys)
        case .bearer, .anonymous: throw StoreError(.unsupported, "URLs are signed with an access key and its secret, not with a token")
        }
        return signed.url(scheme: endpoint.isSecure ? "https" : "http")
    }
}
