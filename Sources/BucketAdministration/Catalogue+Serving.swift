internal import RemoteStore

/// What a bucket shows the world, and what it tells of itself.
extension BucketFeature {
    package static let tags: BucketFeature = {
        let form = { (root: ([Member]) -> DocumentForm, limits: DocumentChecks.TagLimits) in
            FeatureForm("tagging", root([Member.list("TagSet", of: "Tag", Catalogue.tag).required])).with {
                $0.shorthand = .pairs("TagSet")
                $0.checks = [DocumentChecks.tags(limits)]
            }
        }
        let amazon = { Catalogue.s3("Tagging", $0) }
        let obs = form({ Catalogue.obs("Tagging", $0) }, .init(count: 20, key: 36, value: 43, reserved: "_sys"))
        return BucketFeature(
            "tags", "the tags of a bucket", wrappers: ["Tagging"],
            [
                .s3: form(amazon, .init(count: 50, key: 128, value: 256, reserved: "aws:")), .obs: obs, .obsCompatible: obs,
                .cos: form(amazon, .init(count: 50, key: 128, value: 256, reserved: "ibm:")),
            ])
    }()

    package static let website: BucketFeature = {
        let scheme = Member.one("Protocol", .choice(["http", "https"]))
        let redirect: [Member] = [
            scheme, .one("HostName"), .one("ReplaceKeyPrefixWith"), .one("ReplaceKeyWith"), .one("HttpRedirectCode"),
        ]
        let rule = Shape.structure([
            .one("Condition", [.one("KeyPrefixEquals"), .one("HttpErrorCodeReturnedEquals")]), Member.one("Redirect", redirect).required,
        ])
        let pages: [Member] = [
            .one("IndexDocument", [Member.one("Suffix").required]), .one("ErrorDocument", [Member.one("Key").required]),
        ]
        let all = [Member.one("RedirectAllRequestsTo", [Member.one("HostName").required, scheme])] + pages
        let rules = [Member.list("RoutingRules", of: "RoutingRule", rule)]
        let s3 = FeatureForm("website", Catalogue.s3("WebsiteConfiguration", all + rules)).with { $0.checks = [DocumentChecks.website] }
        let obs = s3.with { $0.document = Catalogue.obs("WebsiteConfiguration", all + rules) }
        let oos = s3.with { $0.document = Catalogue.s3("WebsiteConfiguration", pages) }
        return BucketFeature(
            "website", "how a bucket is served as a web site", wrappers: ["WebsiteConfiguration"],
            [.s3: s3, .obs: obs, .obsCompatible: obs, .cos: s3, .oos: oos])
    }()

    package static let domain: BucketFeature = {
        let domain = Shape.structure([.one("DomainName"), .one("CreateTime"), .one("CertificateId")])
        let obs = FeatureForm("customdomain", .none).with {
            $0.alternatives = [Catalogue.obs("ListBucketCustomDomainsResult", [.many("Domains", as: "Domains", domain)])]
            $0.naming = .value
        }
        return BucketFeature(
            "domain", "the domains of its own that stand for a bucket", [.obs: obs, .obsCompatible: obs],
            hints: [.oos: "a bucket that is called like the domain answers to it"])
    }()

    package static let accelerate: BucketFeature = {
        let status = Member.one("Status", .choice(["Enabled", "Suspended"])).required
        let s3 = FeatureForm("accelerate", Catalogue.s3("AccelerateConfiguration", [status])).with {
            $0.removal = .document(["Status": .string("Suspended")])
            $0.nothing = ["Status": .string("Suspended")]
            $0.shorthand = .member("Status")
        }
        let oos = s3.with {
            $0.document = Catalogue.s3("AccelerateConfiguration", [status, .list("IPWhiteLists", of: "IP", .text)])
            $0.checks = [DocumentChecks.accelerate]
        }
        return BucketFeature(
            "accelerate", "whether a bucket is reached by a faster way", wrappers: ["AccelerateConfiguration"], [.s3: s3, .oos: oos])
    }()

    package static let logging: BucketFeature = {
        let target = [Member.one("TargetBucket").required, Member.one("TargetPrefix").required]
        let grants = { (grantee: [Member]) in
            Member.list("TargetGrants", of: "Grant", Catalogue.grants(grantee, ["FULL_CONTROL", "READ", "WRITE"]))
        }
        let format: [Member] = [
            .one("SimplePrefix", []), .one("PartitionedPrefix", [.one("PartitionDateSource", .choice(["EventTime", "DeliveryTime"]))]),
        ]
        let root = "BucketLoggingStatus"
        let enabled = { (members: [Member]) in Member.one("LoggingEnabled", members) }
        let s3 = FeatureForm(
            "logging", Catalogue.s3(root, [enabled(target + [grants(Catalogue.grantee), .one("TargetObjectKeyFormat", format)])])
        ).with { $0.removal = .document([:]) }
        let obs = s3.with { $0.document = Catalogue.obs(root, [.one("Agency"), enabled(target + [grants(Catalogue.nativeGrantee)])]) }
        let compatible = s3.with { $0.document = Catalogue.obs(root, [enabled(target + [grants(Catalogue.grantee)])]) }
        let triggers = ["TriggerTargetBucket", "TriggerTargetPrefix", "TriggerSourceBucket", "TriggerSourcePrefix"].map { Member.one($0) }
        let oos = s3.with { $0.document = Catalogue.s3(root, [enabled(target + triggers)]) }
        return BucketFeature(
            "logging", "where requests on a bucket are logged", wrappers: ["BucketLoggingStatus"],
            [.s3: s3, .obs: obs, .obsCompatible: compatible, .oos: oos], hints: [.cos: "Activity Tracker records what is done with a bucket"])
    }()

    package static let notification: BucketFeature = {
        let rules = [Member.many("FilterRules", as: "FilterRule", .structure([.one("Name"), .one("Value")]))]
        let entry = { (inner: String, target: String, element: String) in
            Shape.structure([
                .one("Id"), .one("Filter", [.one("Key", as: inner, rules)]), Member.one(target, as: element).required,
                Member.many("Events", as: "Event").required,
            ])
        }
        let topic = { (inner: String) in Member.many("TopicConfigurations", as: "TopicConfiguration", entry(inner, "TopicArn", "Topic")) }
        let queue = Member.many("QueueConfigurations", as: "QueueConfiguration", entry("S3Key", "QueueArn", "Queue"))
        let function = Member.many(
            "LambdaFunctionConfigurations", as: "CloudFunctionConfiguration", entry("S3Key", "LambdaFunctionArn", "CloudFunction"))
        let graph = { (inner: String) in
            Member.many("FunctionGraphConfigurations", as: "FunctionGraphConfiguration", entry(inner, "FunctionGraph", "FunctionGraph"))
        }
        let root = "NotificationConfiguration"
        let s3 = FeatureForm(
            "notification", Catalogue.s3(root, [topic("S3Key"), queue, function, .one("EventBridgeConfiguration", [])])
        ).with { $0.removal = .document([:]) }
        let obs = s3.with { $0.document = Catalogue.obs(root, [topic("Object"), graph("Object")]) }
        let compatible = s3.with { $0.document = Catalogue.obs(root, [topic("S3Key"), graph("S3Key")]) }
        return BucketFeature(
            "notification", "who is told of changes in a bucket", wrappers: [root], [.s3: s3, .obs: obs, .obsCompatible: compatible])
    }()

    package static let inventory: BucketFeature = {
        let common = { (destination: Member) in
            [
                Member.one("Id").required, Member.one("IsEnabled", .boolean).required, .one("Filter", [.one("Prefix")]), destination.required,
                Member.one("Schedule", [Member.one("Frequency", .choice(["Daily", "Weekly"])).required]).required,
                Member.one("IncludedObjectVersions", .choice(["All", "Current"])).required, Member.list("OptionalFields", of: "Field", .text),
            ]
        }
        let bucket: [Member] = [
            .one("AccountId"), Member.one("Bucket").required, Member.one("Format", .choice(["CSV", "ORC", "Parquet"])).required, .one("Prefix"),
        ]
        let huawei: [Member] = [Member.one("Format", .choice(["CSV"])).required, Member.one("Bucket").required, .one("Prefix")]
        let form = { (root: (String, [Member]) -> DocumentForm, members: [Member], list: String) in
            let entries = Member.many("InventoryConfigurationList", as: "InventoryConfiguration", .structure(members))
            return FeatureForm("inventory", root("InventoryConfiguration", members)).with {
                $0.alternatives = [root(list, [.one("IsTruncated", .boolean), .one("NextContinuationToken"), entries])]
                $0.naming = .parameter("id")
            }
        }
        let s3 = form(
            Catalogue.s3, common(.one("Destination", [Member.one("S3BucketDestination", bucket).required])), "ListInventoryConfigurationsResult")
        let obs = form(Catalogue.obs, common(.one("Destination", huawei)), "ListInventoryConfiguration")
        return BucketFeature(
            "inventory", "the inventories that are made of a bucket", wrappers: ["InventoryConfiguration"],
            [.s3: s3, .obs: obs, .obsCompatible: obs])
    }()
}
