/// The table of features. Sources: OBS API Reference; "Bucket operations", IBM Cloud Docs; OOS Developer's Guide; Amazon S3 API Reference.
extension BucketFeature {
    /// In the order in which they are shown.
    package static let all: [BucketFeature] = [
        location, storageInfo, quota, storageClass, acl, policy, policyStatus, publicAccess, firewall, ownership, versioning, objectLock, protection,
        lifecycle,
        coldAccess, encryption, replication, trigger, tags, cors, website, domain, accelerate, logging, notification, inventory, requestPayment,
    ]

    package static func named(_ name: String) -> BucketFeature? { all.first { $0.name == name } }
}

/// What several rows of the table share.
enum Catalogue {
    static let amazon = "http://s3.amazonaws.com/doc/2006-03-01/"

    /// A document of S3's namespace.
    static func s3(_ root: String, _ members: [Member]) -> DocumentForm {
        .xml(root: root, namespace: amazon, members)
    }

    /// A document of OBS, whose own clients send no namespace.
    static func obs(_ root: String, _ members: [Member]) -> DocumentForm {
        .xml(root: root, members)
    }

    static let tag: Shape = .structure([Member.one("Key").required, Member.one("Value").required])

    static let statusOnly = [Member.one("Status", .status).required]

    static let grantee: [Member] = [
        .type("Type", ["ID": "CanonicalUser", "EmailAddress": "AmazonCustomerByEmail", "URI": "Group"]), .one("ID"), .one("DisplayName"),
        .one("EmailAddress"), .one("URI"),
    ]

    static let nativeGrantee: [Member] = [.one("ID"), .one("Canned", .choice(["Everyone"]))]

    static func grants(_ grantee: [Member], _ permissions: [String], isDelivered: Bool = false) -> Shape {
        let delivered: [Member] = isDelivered ? [.one("Delivered", .boolean)] : []
        return .structure([Member.one("Grantee", grantee).required, Member.one("Permission", .choice(permissions)).required] + delivered)
    }

    static let permissions = ["FULL_CONTROL", "WRITE", "WRITE_ACP", "READ", "READ_ACP"]

    static let obsClasses = ["STANDARD", "WARM", "COLD", "DEEP_ARCHIVE", "INTELLIGENT_TIERING"]
    static let obsCompatibleClasses = ["STANDARD", "STANDARD_IA", "GLACIER", "DEEP_ARCHIVE", "INTELLIGENT_TIERING"]
}
