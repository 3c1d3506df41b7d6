internal import Credentials
package import FileSystemTypes
package import ObjectStorage
internal import Signing
internal import Synchronization

/// A form that a browser sends a file with, by the right of whoever made it.
package struct SignedForm: Sendable {
    package typealias Fields = [(name: String, value: String)]

    /// Where it is sent to.
    package let url: String
    /// What proves it, the policy among them.
    package let fields: Fields
}

extension RemoteObjects {
    /// `policy` gives the document that is signed, from the fields that it must cover and the time of the store's clock.
    ///
    /// Source: "Browser-Based Uploads Using POST", Amazon S3 API Reference; "POST Upload", Huawei OBS API Reference.
    package func signedForm(_ policy: (_ fixed: SignedForm.Fields, _ now: Timestamp) -> String) async throws(StoreError) -> SignedForm {
        try await client.signedForm(bucket, policy)
    }
}

extension StoreClient {
    fileprivate func signedForm(
        _ bucket: BucketName, _ policy: (SignedForm.Fields, Timestamp) -> String
    ) async throws(StoreError) -> SignedForm {
        let (region, offset) = learned.withLock { ($0.region, $0.clockOffsetSeconds) }
        let endpoint = standing(bucket)
        let location = endpoint.location(bucket: bucket, key: nil, addressing: configuration.addressing)
        let now = Timestamp(seconds: Timestamp.now.seconds + offset)
        let fields: [HeaderField]
        switch authorization(try await authority(), region: region) {
        case .v4(let signature, let keys):
            let date = SigningDate(now)
            var fixed: SignedForm.Fields = [
                ("x-amz-algorithm", "AWS4-HMAC-SHA256"),
                ("x-amz-credential", PostPolicy.credential(signature, date: date, credentials: keys)), ("x-amz-date", date.basic),
            ]
            if let token = keys.sessionToken { fixed.append(("x-amz-security-token", token)) }
            fields = PostPolicy(policy(fixed, now)).fields(signedWith: signature, date: date, credentials: keys)
        case .v2(let signature, let keys):
            let fixed = keys.sessionToken.map { [(name: signature.dialect.tokenName, value: $0)] } ?? []
            fields = PostPolicy(policy(fixed, now)).fields(signedWith: signature, credentials: keys)
        case .bearer, .anonymous: throw StoreError(.unsupported, "forms are signed with an access key and its secret, not with a token")
        }
        return SignedForm(
            url: "\(endpoint.isSecure ? "https" : "http")://\(location.host)\(location.path)", fields: fields.map { ($0.name, $0.value) })
    }
}
