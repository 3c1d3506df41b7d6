package import ObjectStorage

/// What tells one family of stores from another: values, no behaviour of its own.
package struct Dialect: Hashable, Sendable {
    package var name: String
    /// In lower case, with the final hyphen.
    package var headerPrefix: String
    package var limits: StoreLimits
    /// 1 (markers) or 2 (continuation tokens).
    package var listVersion: Int

    package static let s3 = Dialect(name: "s3", headerPrefix: "x-amz-", limits: .s3, listVersion: 2)

    func header(_ name: String) -> String { headerPrefix + name }

    var metadataPrefix: String { headerPrefix + "meta-" }
}
