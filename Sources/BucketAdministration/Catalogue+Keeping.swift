internal import RemoteStore

/// What becomes of objects: versions, locks, age, encryption, copies elsewhere.
extension BucketFeature {
    package static let versioning: BucketFeature = {
        let status = Member.one("Status", .choice(["Enabled", "Suspended"])).required
        let s3 = FeatureForm("versioning", Catalogue.s3("VersioningConfiguration", [status, .one("MFADelete", .status, as: "MfaDelete")])).with {
            $0.removal = .never
            $0.shorthand = .member("Status")
        }
        let obs = s3.with { $0.document = Catalogue.obs("VersioningConfiguration", [status]) }
        return BucketFeature(
            "versioning", "whether a bucket keeps versions", wrappers: ["VersioningConfiguration"],
            [.s3: s3, .obs: obs, .obsCompatible: obs, .cos: s3])
    }()

    package static let objectLock: BucketFeature = {
        let form = { (enabled: [String], modes: [String], largestDays: Int64) in
            let retention: [Member] = [
                Member.one("Mode", .choice(modes)).required, .one("Days", .integer(1...largestDays)), .one("Years", .integer(1...100)),
            ]
            return [
                Member.one("ObjectLockEnabled", .choice(enabled)).required, .one("Rule", [Member.one("DefaultRetention", retention).required]),
            ]
        }
        let modes = ["GOVERNANCE", "COMPLIANCE"]
        let s3 = FeatureForm("object-lock", Catalogue.s3("ObjectLockConfiguration", form(["Enabled"], modes, 36500))).with {
            $0.removal = .document(["ObjectLockEnabled": .string("Enabled")])
            $0.checks = [DocumentChecks.objectLock]
        }
        let obs = s3.with { $0.document = Catalogue.obs("ObjectLockConfiguration", form(["Enabled"], ["COMPLIANCE"], 36500)) }
        // IBM's documents write the word in capitals.
        let cos = s3.with { $0.document = Catalogue.s3("ObjectLockConfiguration", form(["Enabled", "ENABLED"], modes, 36500)) }
        return BucketFeature(
            "object-lock", "how long new versions are locked", wrappers: ["ObjectLockConfiguration"],
            [.s3: s3, .obs: obs, .obsCompatible: obs, .cos: cos])
    }()

    /// IBM's immutable storage, which cannot be removed again.
    package static let protection: BucketFeature = {
        let days = [Member.one("Days", .integer(0...36135)).required]
        let cos = FeatureForm(
            "protection",
            Catalogue.obs(
                "ProtectionConfiguration",
                [
                    Member.one("Status", .choice(["Retention"])).required, Member.one("MinimumRetention", days).required,
                    Member.one("DefaultRetention", days).required, Member.one("MaximumRetention", days).required,
                    .one("EnablePermanentRetention", .boolean),
                ])
        ).with {
            $0.removal = .never
            $0.checks = [DocumentChecks.protection]
        }
        return BucketFeature(
            "protection", "how long a bucket's objects can be neither changed nor deleted", wrappers: ["ProtectionConfiguration"], [.cos: cos],
            hints: [.s3: "windlass bucket object-lock locks versions", .obs: "windlass bucket object-lock locks versions"])
    }()

    package static let coldAccess: BucketFeature = {
        let obs = FeatureForm("directcoldaccess", Catalogue.obs("DirectColdAccessConfiguration", Catalogue.statusOnly)).with {
            $0.shorthand = .member("Status")
        }
        return BucketFeature(
            "cold-access", "whether archived objects of a bucket are read without being restored", [.obs: obs, .obsCompatible: obs])
    }()

    package static let encryption: BucketFeature = {
        let form = { (algorithms: [String], more: [Member], after: [Member]) in
            let standard = [Member.one("SSEAlgorithm", .choice(algorithms)).required, .one("KMSMasterKeyID")] + more
            return [Member.many("Rules", as: "Rule", .structure([.one("ApplyServerSideEncryptionByDefault", standard)] + after)).required]
        }
        let after: [Member] = [
            .one("BucketKeyEnabled", .boolean), .one("BlockedEncryptionTypes", [.many("EncryptionType", as: "EncryptionType")]),
        ]
        let root = "ServerSideEncryptionConfiguration"
        let project = [Member.one("ProjectID")]
        let s3 = FeatureForm("encryption", Catalogue.s3(root, form(["AES256", "aws:kms", "aws:kms:dsse", "aws:fsx"], [], after))).with {
            $0.checks = [DocumentChecks.encryption]
        }
        let obs = s3.with { $0.document = Catalogue.obs(root, form(["kms", "AES256"], project, [])) }
        let compatible = s3.with { $0.document = Catalogue.obs(root, form(["aws:kms", "AES256"], project, [])) }
        return BucketFeature(
            "encryption", "how new objects of a bucket are encrypted", wrappers: [root], [.s3: s3, .obs: obs, .obsCompatible: compatible],
            hints: [.cos: "all is encrypted; a key of yours is given when the bucket is made: windlass bucket create --root-key"])
    }()

    /// Source: "TriggerConfiguration", OOS Developer's Guide; the spelling of the endpoint is theirs.
    package static let trigger: BucketFeature = {
        let site = Shape.structure(["RemontEndPoint", "ReplicaMode", "RemoteBucketName", "RemoteAK", "RemoteSK"].map { Member.one($0) })
        let trigger = Shape.structure([
            Member.one("TriggerName").required, .one("IsDefault", .boolean), Member.many("RemoteSites", as: "RemoteSite", site).required,
        ])
        let oos = FeatureForm("trigger", Catalogue.s3("TriggerConfiguration", [Member.many("Triggers", as: "Trigger", trigger).required])).with {
            $0.naming = .removedByValue
            $0.contentType = "application/xml"
            $0.checks = [DocumentChecks.trigger]
        }
        return BucketFeature(
            "trigger", "to which other places OOS copies a bucket's objects", [.oos: oos],
            hints: [
                .s3: "windlass bucket replication copies objects elsewhere", .obs: "windlass bucket replication copies objects elsewhere",
                .cos: "windlass bucket replication copies objects elsewhere",
            ])
    }()
}
