/// Which parameters of a query OBS's scheme and Version 2 sign.
struct SubResources {
    let scheme: SignatureScheme
    let service: Dialect.ServiceName

    /// `withDisputed` counts those too that only some SDKs and servers sign.
    func contains(_ name: String, withDisputed: Bool) -> Bool {
        if service == .obs {
            if Self.disputedByOBS.contains(name.lowercased()) { return withDisputed }
            return Self.obs.contains(name.lowercased()) || name.lowercased().hasPrefix("x-workflow-")
        }
        if Self.agreed.contains(name) { return true }
        return withDisputed && (service == .oos ? Self.disputedByOOS : Self.disputed).contains(name)
    }

    /// In lower case, as OBS compares them.
    private static let obs: Set<String> = [
        "acl", "append", "bucketstatus", "cors", "delete", "deletebucket",
        "directcoldaccess", "dispolicy", "encryption", "fileinterface", "inventory", "length", "lifecycle", "location", "logging", "metadata",
        "mirrorbacktosource", "modify", "name", "notification", "object-lock", "obsalias", "obsbucketalias", "obscompresspolicy",
        "obsworkflowtriggerpolicy", "partnumber", "policy", "policystatus", "position", "publicaccessblock", "quota", "rename", "replication",
        "requestpayment", "response-cache-control", "response-content-disposition", "response-content-encoding", "response-content-language",
        "response-content-type", "response-expires", "restore", "retention", "storageclass", "storageinfo", "storagepolicy", "tagging", "torrent",
        "truncate", "uploadid", "uploads", "versionid", "versioning", "versions", "website", "x-image-process", "x-image-save-bucket",
        "x-image-save-object", "x-oss-process",
    ]

    /// What the documentation of Version 2 and every implementation of it has.
    private static let agreed: Set<String> = [
        "acl", "delete", "lifecycle", "location", "logging", "notification", "partNumber", "policy", "requestPayment", "response-cache-control",
        "response-content-disposition", "response-content-encoding", "response-content-language", "response-content-type", "response-expires",
        "torrent", "uploadId", "uploads", "versionId", "versioning", "versions", "website",
    ]

    private static let disputed: Set<String> = [
        "accelerate", "analytics", "append", "cors", "encryption", "inventory", "legal-hold", "metrics", "object-lock", "ownershipControls",
        "policyStatus", "position", "publicAccessBlock", "replication", "restore", "retention", "select", "select-type", "storageClass", "tagging",
    ]

    /// In the documentation, but not signed by the vendor's SDK.
    private static let disputedByOBS: Set<String> = ["attname", "backtosource", "cdnnotifyconfiguration", "customdomain"]

    private static let disputedByOOS: Set<String> = ["cors", "restore", "tagging", "trigger"]
}
