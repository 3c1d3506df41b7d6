internal import RemoteStore

/// Lifecycle and replication: lists of rules, of which each dialect has its own.
extension BucketFeature {
    private static let tagFilter: [Member] = [.one("Prefix"), .one("Tag", Catalogue.tag)]
    private static let sizes: [Member] = [.one("ObjectSizeGreaterThan", .count), .one("ObjectSizeLessThan", .count)]
    private static let severalTags: [Member] = [.one("Prefix"), .many("Tags", as: "Tag", Catalogue.tag)]

    private static func filter(withSizes: Bool) -> Member {
        let sizes = withSizes ? sizes : []
        return .one("Filter", tagFilter + sizes + [.one("And", severalTags + sizes)])
    }

    package static let lifecycle: BucketFeature = {
        let form = { (root: ([Member]) -> DocumentForm, filter: Member?, classes: Shape) in
            FeatureForm("lifecycle", root([Member.many("Rules", as: "Rule", lifecycleRule(filter, classes)).required])).with {
                $0.checks = [DocumentChecks.lifecycle(limit: 1000)]
            }
        }
        let amazon = { Catalogue.s3("LifecycleConfiguration", $0) }
        let huawei = { Catalogue.obs("LifecycleConfiguration", $0) }
        let cos = form(amazon, filter(withSizes: true), .choice(["GLACIER", "ACCELERATED"])).with { $0.checks.append(DocumentChecks.archiveRule) }
        let oos = FeatureForm(
            "lifecycle", Catalogue.s3("LifecycleConfiguration", [Member.many("Rules", as: "Rule", .structure(expiringOnly)).required])
        ).with { $0.checks = [DocumentChecks.lifecycle(limit: 100), DocumentChecks.distinctPrefixes] }
        return BucketFeature(
            "lifecycle", "when objects of a bucket are deleted or archived", wrappers: ["LifecycleConfiguration"],
            [
                .s3: form(amazon, filter(withSizes: true), .text), .cos: cos, .oos: oos,
                .obs: form(huawei, filter(withSizes: false), .choice(Catalogue.obsClasses)),
                .obsCompatible: form(huawei, filter(withSizes: false), .choice(Catalogue.obsCompatibleClasses)),
            ])
    }()

    private static let expiration: [Member] = [.one("Date", .date), .one("Days", .positive)]

    private static let expiringOnly: [Member] = [
        .one("ID"), Member.one("Prefix").required, Member.one("Status", .status).required, Member.one("Expiration", expiration).required,
    ]

    private static func lifecycleRule(_ filter: Member?, _ classes: Shape) -> Shape {
        let target = Member.one("StorageClass", classes).required
        let newer = Member.one("NewerNoncurrentVersions", .positive)
        return .structure(
            [.one("ID"), .one("Prefix")] + (filter.map { [$0] } ?? []) + [
                Member.one("Status", .status).required,
                .many("Transitions", as: "Transition", .structure([.one("Date", .date), .one("Days", .count), target])),
                .one("Expiration", expiration + [.one("ExpiredObjectDeleteMarker", .boolean)]),
                .many(
                    "NoncurrentVersionTransitions", as: "NoncurrentVersionTransition", .structure([.one("NoncurrentDays", .count), target, newer])),
                .one("NoncurrentVersionExpiration", [.one("NoncurrentDays", .positive), newer]),
                .one("AbortIncompleteMultipartUpload", [.one("DaysAfterInitiation", .positive)]),
            ])
    }

    package static let replication: BucketFeature = {
        let amazon = { (rule: [Member]) in
            Catalogue.s3("ReplicationConfiguration", [.one("Role"), Member.many("Rules", as: "Rule", .structure(rule)).required])
        }
        let huawei = { (agency: [Member], classes: [String]) in
            Catalogue.obs("ReplicationConfiguration", agency + [Member.many("Rules", as: "Rule", huaweiReplication(classes)).required])
        }
        let s3 = FeatureForm("replication", amazon(replicationRule + amazonsReplication)).with { $0.checks = [DocumentChecks.replication] }
        let cos = s3.with { $0.document = amazon(replicationRule + [.one("Destination", destination).required]) }
        let obs = s3.with { $0.document = huawei([Member.one("Agency").required], Catalogue.obsClasses) }
        let compatible = s3.with { $0.document = huawei([], Catalogue.obsCompatibleClasses) }
        return BucketFeature(
            "replication", "to which buckets new objects are copied", wrappers: ["ReplicationConfiguration"],
            [.s3: s3, .obs: obs, .obsCompatible: compatible, .cos: cos], hints: [.oos: "windlass bucket trigger copies objects elsewhere"])
    }()

    private static let replicationRule: [Member] = [
        .one("ID"), .one("Priority", .count), .one("Prefix"), filter(withSizes: false), Member.one("Status", .status).required,
        .one("DeleteMarkerReplication", [.one("Status", .status)]),
    ]

    private static let destination: [Member] = [Member.one("Bucket").required, .one("StorageClass")]

    private static let amazonsReplication: [Member] = [
        .one(
            "SourceSelectionCriteria",
            [.one("SseKmsEncryptedObjects", Catalogue.statusOnly), .one("ReplicaModifications", Catalogue.statusOnly)]),
        .one("ExistingObjectReplication", Catalogue.statusOnly),
        Member.one(
            "Destination",
            destination + [
                .one("Account"), .one("AccessControlTranslation", [.one("Owner", .choice(["Destination"]))]),
                .one("EncryptionConfiguration", [.one("ReplicaKmsKeyID")]),
                .one("ReplicationTime", Catalogue.statusOnly + [.one("Time", [.one("Minutes", .count)])]),
                .one("Metrics", Catalogue.statusOnly + [.one("EventThreshold", [.one("Minutes", .count)])]),
            ]
        ).required,
    ]

    private static func huaweiReplication(_ classes: [String]) -> Shape {
        .structure([
            .one("ID"), .one("Prefix"), Member.one("Status", .status).required, .one("HistoricalObjectReplication", .status),
            Member.one("Destination", [Member.one("Bucket").required, .one("StorageClass", .choice(classes)), .one("DeleteData", .status)]).required,
        ])
    }
}
