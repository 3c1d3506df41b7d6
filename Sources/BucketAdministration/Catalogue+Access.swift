internal import RemoteStore

/// Who may do what with a bucket, and who pays.
extension BucketFeature {
    package static let acl: BucketFeature = {
        let owner = Member.one("Owner", [.one("ID"), .one("DisplayName")])
        let grants = Catalogue.grants(Catalogue.grantee, Catalogue.permissions)
        let policy = [owner, Member.list("Grants", in: "AccessControlList", of: "Grant", grants)]
        let canned = ["private", "public-read", "public-read-write"]
        let s3 = FeatureForm("acl", Catalogue.s3("AccessControlPolicy", policy)).with {
            $0.removal = .never
            $0.shorthand = .canned(canned + ["authenticated-read", "log-delivery-write"], onBucket: false)
        }
        let native = Catalogue.grants(Catalogue.nativeGrantee, Catalogue.permissions, isDelivered: true)
        let delivered = ["public-read-delivered", "public-read-write-delivered", "bucket-owner-full-control"]
        let obs = s3.with {
            $0.document = Catalogue.obs("AccessControlPolicy", [owner, .list("Grants", in: "AccessControlList", of: "Grant", native)])
            $0.shorthand = .canned(canned + delivered, onBucket: false)
        }
        let compatible = obs.with { $0.document = Catalogue.obs("AccessControlPolicy", policy) }
        let oos = s3.with {
            $0.shorthand = .canned(canned, onBucket: true)
            $0.takesWordsOnly = true
        }
        return BucketFeature(
            "acl", "the access-control list of a bucket", wrappers: ["AccessControlPolicy"],
            [.s3: s3, .obs: obs, .obsCompatible: compatible, .cos: s3, .oos: oos])
    }()

    package static let policy: BucketFeature = {
        let form = FeatureForm("policy", .json(largest: 20 << 10)).with { $0.checks = [DocumentChecks.policy] }
        return BucketFeature(
            "policy", "the policy of a bucket", [.s3: form, .obs: form, .obsCompatible: form, .oos: form],
            hints: [.cos: "access is given by IAM, and by windlass bucket acl"])
    }()

    package static let policyStatus: BucketFeature = {
        var s3 = FeatureForm("policyStatus", Catalogue.s3("PolicyStatus", [.one("IsPublic", .boolean)]))
        s3.isSettable = false
        return BucketFeature(
            "policy-status", "whether a bucket's policy opens it to everyone", wrappers: ["PolicyStatus"],
            [.s3: s3, .obs: s3, .obsCompatible: s3])
    }()

    package static let publicAccess: BucketFeature = {
        let form = { (names: [String]) in
            FeatureForm("publicAccessBlock", Catalogue.s3("PublicAccessBlockConfiguration", names.map { Member.one($0, .boolean) }))
        }
        let all = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]
        let obs = form(all).with { $0.document = Catalogue.obs("PublicAccessBlockConfiguration", all.map { Member.one($0, .boolean) }) }
        return BucketFeature(
            "public-access", "what of a bucket's public access is blocked", wrappers: ["PublicAccessBlockConfiguration"],
            [.s3: form(all), .obs: obs, .obsCompatible: obs, .cos: form(["BlockPublicAcls", "IgnorePublicAcls"])])
    }()

    /// Source: "Setting a firewall", IBM Cloud Docs.
    package static let firewall: BucketFeature = {
        let networks = Shape.choice(["public", "private", "direct"])
        let members: [Member] = [
            .list("allowed_ip", of: "ip", .text), .list("denied_ip", of: "ip", .text), .list("allowed_network_type", of: "type", networks),
        ]
        let cos = FeatureForm(resource: [.init(field: "firewall", name: "")], members).with { $0.removal = .document([:]) }
        return BucketFeature(
            "firewall", "from where a bucket is reached", wrappers: ["firewall"], [.cos: cos],
            hints: [.s3: "a policy with the condition aws:SourceIp", .obs: "a policy with the condition SourceIp", .oos: "windlass bucket policy"])
    }()

    package static let ownership: BucketFeature = {
        let owner = Shape.choice(["BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced"])
        let rule = Shape.structure([Member.one("ObjectOwnership", owner).required])
        let s3 = FeatureForm("ownershipControls", Catalogue.s3("OwnershipControls", [Member.many("Rules", as: "Rule", rule).required]))
        return BucketFeature("ownership", "to whom new objects of a bucket belong", wrappers: ["OwnershipControls"], [.s3: s3])
    }()

    package static let requestPayment: BucketFeature = {
        let payer = [Member.one("Payer", .choice(["BucketOwner", "Requester"])).required]
        let s3 = FeatureForm("requestPayment", Catalogue.s3("RequestPaymentConfiguration", payer)).with {
            $0.removal = .document(["Payer": .string("BucketOwner")])
            $0.shorthand = .member("Payer")
        }
        let obs = s3.with { $0.document = Catalogue.obs("RequestPaymentConfiguration", payer) }
        return BucketFeature("request-payment", "who pays for requests on a bucket", [.s3: s3, .obs: obs, .obsCompatible: obs])
    }()

    package static let cors: BucketFeature = {
        let methods = Shape.choice(["GET", "PUT", "HEAD", "POST", "DELETE"])
        let rule = Shape.structure([
            .one("ID"), Member.many("AllowedMethods", as: "AllowedMethod", methods).required,
            Member.many("AllowedOrigins", as: "AllowedOrigin").required, .many("AllowedHeaders", as: "AllowedHeader"),
            .one("MaxAgeSeconds", .count), .many("ExposeHeaders", as: "ExposeHeader"),
        ])
        let rules = [Member.many("CORSRules", as: "CORSRule", rule).required]
        let s3 = FeatureForm("cors", Catalogue.s3("CORSConfiguration", rules)).with { $0.checks = [DocumentChecks.cors] }
        let obs = s3.with { $0.document = Catalogue.obs("CORSConfiguration", rules) }
        return BucketFeature(
            "cors", "which web pages may use a bucket", wrappers: ["CORSConfiguration"],
            [.s3: s3, .obs: obs, .obsCompatible: obs, .cos: s3, .oos: s3])
    }()
}
