internal import RemoteStore

/// Where a bucket lies, how much is in it, and in which class.
extension BucketFeature {
    private static let place = Member.one("LocationConstraint")

    package static let location: BucketFeature = {
        let text = DocumentForm.text(root: "LocationConstraint", namespace: Catalogue.amazon, place)
        let structure = Catalogue.s3("CreateBucketConfiguration", [place])
        var s3 = FeatureForm("location", text)
        s3.isSettable = false
        s3.alternatives = [structure]
        let obs = s3.with {
            $0.document = .text(root: "Location", place)
            $0.alternatives = [text, structure]
        }
        let oos = FeatureForm("location", Catalogue.s3("CreateBucketConfiguration", oosPlaces)).with {
            $0.alternatives = [text]
            $0.changesBucket = true
            $0.removal = .never
        }
        return BucketFeature("location", "the place of a bucket", [.s3: s3, .obs: obs, .obsCompatible: obs, .cos: s3, .oos: oos])
    }()

    /// Source: "PUT Bucket", OOS Developer's Guide.
    private static let oosPlaces: [Member] = [
        .one("MetadataLocationConstraint", [.one("Location")]),
        .one(
            "DataLocationConstraint",
            [
                Member.one("Type", .choice(["Local", "Specified"])).required, .list("LocationList", of: "Location", .text),
                .one("ScheduleStrategy", .choice(["Allowed", "NotAllowed"])),
            ]),
    ]

    package static let storageInfo: BucketFeature = {
        let names = ["", "Standard", "Warm", "Cold", "DeepArchive"]
        let members = names.flatMap { [Member.one($0 + "Size", .count), .one($0 + "ObjectNumber", .count)] }
        var obs = FeatureForm("storageinfo", Catalogue.obs("GetBucketStorageInfoResult", members))
        obs.isSettable = false
        // Ceph tells it.
        let s3 = FeatureForm(headers: [.init(field: "x-rgw-bytes-used", name: "Size"), .init(field: "x-rgw-object-count", name: "ObjectNumber")])
        let usage = [FeatureForm.Header(field: "bytes_used", name: "Size"), .init(field: "object_count", name: "ObjectNumber")]
        let cos = FeatureForm(resource: usage, members).with { $0.isSettable = false }
        return BucketFeature("storage-info", "how much is in a bucket", [.s3: s3, .obs: obs, .obsCompatible: obs, .cos: cos])
    }()

    package static let quota: BucketFeature = {
        let members = [Member.one("StorageQuota", .count).required]
        let limited = { (form: inout FeatureForm) in
            form.removal = .document(["StorageQuota": .integer(0)])
            form.nothing = ["StorageQuota": .integer(0)]
            form.shorthand = .size("StorageQuota")
        }
        let obs = FeatureForm("quota", Catalogue.obs("Quota", members)).with(limited)
        let cos = FeatureForm(resource: [.init(field: "hard_quota", name: "StorageQuota")], members).with(limited)
        let s3 = FeatureForm(headers: [
            .init(field: "x-rgw-quota-bucket-size", name: "StorageQuota"), .init(field: "x-rgw-quota-bucket-objects", name: "ObjectQuota"),
        ])
        return BucketFeature(
            "quota", "how many bytes a bucket may hold", [.s3: s3, .obs: obs, .obsCompatible: obs, .cos: cos],
            hints: [.s3: "quotas are set where the store is administered, as with radosgw-admin quota"])
    }()

    package static let storageClass: BucketFeature = {
        let member = { (classes: [String], element: String?) in Member.one("StorageClass", .choice(classes), as: element).required }
        var obs = FeatureForm("storageClass", .text(root: "StorageClass", member(Catalogue.obsClasses, nil)))
        obs.removal = .never
        obs.shorthand = .member("StorageClass")
        let compatible = obs.with {
            $0.resource = "storagePolicy"
            $0.document = Catalogue.obs("StoragePolicy", [member(Catalogue.obsCompatibleClasses, "DefaultStorageClass")])
        }
        return BucketFeature(
            "storage-class", "the storage class of objects that name none", [.obs: obs, .obsCompatible: compatible],
            hints: [
                .cos: "the class is a part of the bucket's location: windlass bucket location get",
                .s3: "each object has its own: windlass mount --storage-class",
            ])
    }()
}
