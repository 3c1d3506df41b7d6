extension SignatureV4 {
    /// How a store's Version 4 departs from Amazon's.
    package struct Dialect: Hashable, Sendable {
        /// Which headers are signed.
        let selection: HeaderSelection
        /// Whether `Date` carries the date, not `x-amz-date`.
        let usesHTTPDate: Bool
        /// Between the fields of `Authorization`.
        let separator: String
        /// The query parameter that carries a session token in a presigned URL.
        let tokenParameter: String

        package static let s3 = Dialect(
            selection: .standard, usesHTTPDate: false, separator: ", ", tokenParameter: "X-Amz-Security-Token")

        /// IBM Cloud Object Storage with HMAC keys: any region will do, `Transfer-Encoding` is signed.
        package static let ibm = Dialect(
            selection: .standard.withTransferEncoding, usesHTTPDate: false, separator: ", ", tokenParameter: "X-Amz-Security-Token")

        /// Huawei OBS: the date in `Date`, `Content-Length` signed.
        package static let obs = Dialect(
            selection: .standard.withLength, usesHTTPDate: true, separator: ",", tokenParameter: "x-amz-security-token")

        func dateField(_ date: SigningDate) -> HeaderField {
            usesHTTPDate ? HeaderField("Date", date.http) : HeaderField("x-amz-date", date.basic)
        }
    }

    /// For CTYun OOS, whose regions are the `xx` of hosts like `oos-xx.ctyunapi.cn` and `bucket.oos-xx.ctyunapi.cn`;
    /// `oos-xx-iam` hosts are the service `sts`. Nil when the host is not of this form.
    package static func oos(host: String) -> SignatureV4? {
        let labels = host.lowercased().split(separator: ":", maxSplits: 1).first?.split(separator: ".") ?? []
        guard labels.count >= 3, labels[labels.count - 2] == "ctyunapi", labels[labels.count - 3].hasPrefix("oos-") else { return nil }
        let region = labels[labels.count - 3].dropFirst("oos-".count)
        let isIdentity = region.hasSuffix("-iam")
        let name = isIdentity ? region.dropLast("-iam".count) : region
        return name.isEmpty ? nil : SignatureV4(region: String(name), service: isIdentity ? "sts" : "s3")
    }
}
