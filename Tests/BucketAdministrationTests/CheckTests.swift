import BucketAdministration
import FileSystemTypes
import ObjectStorage
import Testing

/// What is refused before anything is sent, and how findings are told.
@Suite("Checks before sending", .timeLimit(.minutes(1)))
struct CheckTests {
    struct Refusal: Sendable, CustomTestStringConvertible {
        let feature: String
        let wire: BucketFeature.Wire
        let json: String
        /// What the first finding says.
        let finding: String

        init(_ feature: String, _ wire: BucketFeature.Wire, _ json: String, _ finding: String) {
            self.feature = feature
            self.wire = wire
            self.json = json
            self.finding = finding
        }

        var testDescription: String { "\(feature): \(finding)" }
    }

    private static let refusals: [Refusal] = [
        Refusal("versioning", .s3, #"{"Status": "On"}"#, "Status: 'On' is not one of Enabled, Suspended"),
        Refusal("versioning", .s3, #"{"MFADelete": "Enabled"}"#, "Status is missing"),
        Refusal("versioning", .s3, #"{"Status": "Enabled", "Sttus": 1}"#, "Sttus is not known; known are Status, MFADelete"),
        Refusal("versioning", .s3, #"[]"#, "the document is a list, not an object"),
        Refusal("quota", .obs, #"{"StorageQuota": -1}"#, "StorageQuota: -1 is not at least 0"),
        Refusal("quota", .obs, #"{"StorageQuota": "1"}"#, "StorageQuota is a text, not a whole number"),
        Refusal("lifecycle", .s3, #"{"Rules": []}"#, "Rules has no entry"),
        Refusal(
            "lifecycle", .s3, #"{"Rules": [{"Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1, "Date": "2030-01-01"}}]}"#,
            "Rules[0].Expiration has more than one of Days, Date, ExpiredObjectDeleteMarker"),
        Refusal("lifecycle", .s3, #"{"Rules": [{"Status": "Enabled", "Filter": {}}]}"#, "Rules[0] does nothing"),
        Refusal("lifecycle", .s3, #"{"Rules": [{"Status": "Enabled", "Expiration": {"Days": 1}}]}"#, "Rules[0] has neither Filter nor Prefix"),
        Refusal(
            "lifecycle", .s3, #"{"Rules": [{"Status": "Enabled", "Prefix": "", "Expiration": {"Date": "tomorrow"}}]}"#,
            "Rules[0].Expiration.Date: 'tomorrow' is no date"),
        Refusal(
            "lifecycle", .cos,
            #"""
            {"Rules": [{"Status": "Enabled", "Filter": {"Prefix": ""}, "Transitions": [{"Days": 0, "StorageClass": "GLACIER"}]},
            {"Status": "Enabled", "Filter": {"Prefix": ""}, "Transitions": [{"Days": 0, "StorageClass": "GLACIER"}]}]}
            """#, "only one rule of a bucket may have Transitions"),
        Refusal(
            "lifecycle", .cos,
            #"{"Rules": [{"Status": "Enabled", "Filter": {"Prefix": "x"}, "Transitions": [{"Days": 0, "StorageClass": "GLACIER"}]}]}"#,
            "Rules[0]: a rule with Transitions counts for the whole bucket"),
        Refusal(
            "lifecycle", .oos,
            #"""
            {"Rules": [{"Status": "Enabled", "Prefix": "a", "Expiration": {"Days": 1}}, {"Status": "Enabled", "Prefix": "ab", "Expiration": {"Days": 1}}]}
            """#, "Rules[1]: the prefix 'ab' overlaps with 'a'"),
        Refusal(
            "protection", .cos,
            #"{"Status": "Retention", "MinimumRetention": {"Days": 5}, "DefaultRetention": {"Days": 2}, "MaximumRetention": {"Days": 9}}"#,
            "the retention periods are to rise from minimum over default to maximum, not 5, 2, 9"),
        Refusal(
            "object-lock", .obs, #"{"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}"#,
            "Rule.DefaultRetention.Mode: 'GOVERNANCE' is not one of COMPLIANCE"),
        Refusal(
            "object-lock", .s3, #"{"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE"}}}"#,
            "Rule.DefaultRetention has none of Days, Years"),
        Refusal("tags", .obs, #"{"TagSet": [{"Key": "k", "Value": ""}, {"Key": "k", "Value": ""}]}"#, "TagSet[1]: the key 'k' is there twice"),
        Refusal("tags", .cos, #"{"TagSet": [{"Key": "ibm:x", "Value": ""}]}"#, "TagSet[0].Key: the store keeps ibm:* for itself"),
        Refusal("website", .s3, #"{"ErrorDocument": {"Key": "e"}}"#, "IndexDocument is missing"),
        Refusal("website", .s3, #"{"IndexDocument": {"Suffix": "a/b"}}"#, "IndexDocument.Suffix is a name without slash"),
        Refusal(
            "encryption", .s3, #"{"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "k"}}]}"#,
            "Rules[0]: a KMSMasterKeyID goes with"),
        Refusal("policy", .s3, #"{"Policy": "{}"}"#, "this is what Amazon's command line prints"),
        Refusal("policy", .s3, #"{"Version": "2012-10-17"}"#, "Statement is missing"),
        Refusal("trigger", .oos, #"{"Triggers": [{"TriggerName": "not so", "RemoteSites": [{}]}]}"#, "Triggers[0].TriggerName: 'not so' is not"),
        Refusal(
            "public-access", .cos, #"{"BlockPublicPolicy": true}"#, "BlockPublicPolicy is not known; known are BlockPublicAcls, IgnorePublicAcls"),
        Refusal("cors", .s3, #"{"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*.*"]}]}"#, "CORSRules[0].AllowedOrigins: '*.*' has"),
    ]

    @Test("Each is found, at its place", arguments: refusals)
    func finds(_ one: Refusal) throws {
        let feature = try #require(BucketFeature.named(one.feature))
        let form = try #require(feature.form(one.wire))
        var document = try form.written(one.json, for: feature)
        let findings = form.problems(in: document)
        #expect(findings.first?.hasPrefix(one.finding) == true, "\(findings)")
        document.isChecked = false
        #expect(form.problems(in: document) == [])
    }

    @Test("What cannot be read is said in one line", arguments: ["{", "", "<a", "<Other/>", "<a>&b;</a>", "nothing", "{\"a\": 1} x"])
    func unreadable(_ text: String) throws {
        let feature = BucketFeature.versioning
        let form = try #require(feature.form(.s3))
        #expect { _ = try form.written(text, for: feature) } throws: { error in
            !((error as? DocumentError)?.description.contains("\n") ?? true)
        }
    }

    @Test("XML with an element that is not known is found too")
    func unknownElement() throws {
        let feature = BucketFeature.versioning
        let form = try #require(feature.form(.s3))
        let document = try form.written("<VersioningConfiguration><Status>Enabled</Status><X/></VersioningConfiguration>", for: feature)
        #expect(form.problems(in: document) == ["X is not known", "X is not known; known are Status, MFADelete"])
    }

    @Test("Words stand for documents")
    func words() throws {
        #expect(try #require(BucketFeature.quota.form(.obs)).value(words: ["10G"]) == ["StorageQuota": .integer(10 << 30)])
        #expect(try #require(BucketFeature.quota.form(.obs)).value(words: ["7"]) == ["StorageQuota": .integer(7)])
        #expect(try #require(BucketFeature.versioning.form(.s3)).value(words: ["Enabled"]) == ["Status": .string("Enabled")])
        let tags = try #require(BucketFeature.tags.form(.s3)).value(words: ["a=b=c", "d="])
        #expect(tags == ["TagSet": .array([["Key": .string("a"), "Value": .string("b=c")], ["Key": .string("d"), "Value": .string("")]])])
    }

    @Test("Sizes that are none", arguments: ["", "G", "-1", "1.5G", "9E", "1X", "99999999999999999999"])
    func sizes(_ text: String) throws {
        let form = try #require(BucketFeature.quota.form(.obs))
        #expect(throws: DocumentError.self) { try form.value(words: [text]) }
    }

    @Test("Ages")
    func ages() {
        #expect(
            UnfinishedUploads.age("7d") == .seconds(604_800) && UnfinishedUploads.age("90s") == .seconds(90) && UnfinishedUploads.age("0m") == .zero)
        for text in ["", "7", "d", "-1d", "1y", "9223372036854775807w"] { #expect(UnfinishedUploads.age(text) == nil) }
        #expect(UnfinishedUploads.text(ofAge: 59) == "59s" && UnfinishedUploads.text(ofAge: 86400 * 3 + 5) == "3d")
    }

    @Test("Only those that are old enough, and of which it is known")
    func oldUploads() {
        let now = Timestamp(seconds: 1000)
        let uploads = [(0, 999), (1, 900), (2, 100)].map { Upload(key: Key("\($0.0)"), id: UploadID("u"), initiated: Timestamp(seconds: $0.1)) }
        let all = uploads + [Upload(key: Key("?"), id: UploadID("u"))]
        #expect(UnfinishedUploads(all, olderThan: .seconds(100), now: now).uploads == Array(uploads[1...]))
        #expect(UnfinishedUploads(all, olderThan: nil, now: now).uploads == all)
    }
}
