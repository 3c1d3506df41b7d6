extension SignatureV2 {
    /// In what the stores differ that use this kind of signature.
    package struct Dialect: Hashable, Sendable {
        /// The first word of `Authorization`.
        let scheme: String
        /// Headers that begin so are signed.
        let prefix: String
        /// The query parameter that carries the access key's id in a presigned URL.
        let keyParameter: String
        /// Whether parameters named like headers are signed as headers; if not, those with the prefix are part of the resource.
        let queryStandsForHeaders: Bool
        /// Whether a path that names a bucket alone is signed with a slash after it.
        let endsBucketWithSlash: Bool
        /// The parameters that are part of the resource.
        let subresources: Subresources

        package static let s3 = Dialect(
            scheme: "AWS", prefix: "x-amz-", keyParameter: "AWSAccessKeyId", queryStandsForHeaders: true, endsBucketWithSlash: true,
            subresources: .s3)

        package static let oos = Dialect(
            scheme: "AWS", prefix: "x-amz-", keyParameter: "AWSAccessKeyId", queryStandsForHeaders: true, endsBucketWithSlash: false,
            subresources: .oos)

        /// Huawei's own scheme.
        package static let obs = Dialect(
            scheme: "OBS", prefix: "x-obs-", keyParameter: "AccessKeyId", queryStandsForHeaders: false, endsBucketWithSlash: false,
            subresources: .obs)

        /// Huawei's variant of Amazon's scheme.
        package static let obsV2 = Dialect(
            scheme: "AWS", prefix: "x-amz-", keyParameter: "AWSAccessKeyId", queryStandsForHeaders: false, endsBucketWithSlash: false,
            subresources: .obs)

        var dateHeader: String { prefix + "date" }

        /// The header, query parameter or form field of a session token.
        package var tokenName: String { prefix + "security-token" }

        func isSubresource(_ name: String) -> Bool {
            subresources.contains(name) || !queryStandsForHeaders && name.lowercased().hasPrefix(prefix)
        }
    }
}
