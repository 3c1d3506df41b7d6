/// The query parameters that a signature over the resource covers.
struct Subresources: Hashable, Sendable {
    private let names: Set<String>
    private let prefixes: [String]
    /// Then `names` are in lower case.
    private let ignoresCase: Bool

    private init(_ names: String..., prefixes: [String] = [], ignoresCase: Bool = false) {
        self.names = Set(names.flatMap { $0.split(separator: " ") }.map(String.init))
        self.prefixes = prefixes
        self.ignoresCase = ignoresCase
    }

    func contains(_ name: String) -> Bool {
        let name = ignoresCase ? name.lowercased() : name
        return names.contains(name) || prefixes.contains { name.hasPrefix($0) }
    }

    private static let overrides =
        "response-cache-control response-content-disposition response-content-encoding "
        + "response-content-language response-content-type response-expires"

    /// Source: "Signing and Authenticating REST Requests", Amazon S3 API Reference, and the parameters added since.
    static let s3 = Subresources(
        "accelerate acl analytics cors delete encryption inventory legal-hold lifecycle location logging metrics notification object-lock",
        "ownershipControls partNumber policy policyStatus publicAccessBlock replication requestPayment restore retention select select-type",
        "tagging torrent uploadId uploads versionId versioning versions website", overrides)

    /// Source: CTYun OOS developer guide, and what its Java SDK adds (`cors`, `restore`, `tagging`).
    static let oos = Subresources(
        "acl cors delete lifecycle location logging notification partNumber policy requestPayment restore tagging torrent uploadId uploads",
        "versionId versioning versions website", overrides)

    /// Source: "Authentication of Signature in a Header", Huawei OBS API Reference, and the SDK's list.
    static let obs = Subresources(
        "acl append attname backtosource bucketstatus cdnnotifyconfiguration cors customdomain delete deletebucket directcoldaccess dispolicy",
        "encryption fileinterface inventory length lifecycle location logging metadata mirrorbacktosource modify name notification object-lock",
        "obsalias obsbucketalias obscompresspolicy obsworkflowtriggerpolicy partnumber policy policystatus position publicaccessblock quota",
        "rename replication requestpayment restore retention storageclass storageinfo storagepolicy tagging torrent truncate uploadid uploads",
        "versionid versioning versions website x-image-process x-image-save-bucket x-image-save-object x-obs-accesslabel",
        "x-obs-security-token x-oss-process", overrides, prefixes: ["x-workflow-"], ignoresCase: true)
}
