import BucketAdministration
import Testing

/// One document in JSON and in XML.
struct DocumentCase: Sendable, CustomTestStringConvertible {
    let feature: String
    let wire: BucketFeature.Wire
    let json: String
    let xml: String

    init(_ feature: String, _ wire: BucketFeature.Wire, _ json: String, _ xml: String) {
        self.feature = feature
        self.wire = wire
        self.json = json
        self.xml = xml
    }

    var testDescription: String { "\(feature) in \(wire)" }

    func form() throws -> FeatureForm { try #require(BucketFeature.named(feature)?.form(wire)) }
}

@Suite("Documents in JSON and XML", .timeLimit(.minutes(1)))
struct DocumentTests {
    @Test("JSON becomes what the vendors' own clients send", arguments: DocumentCases.sent)
    func writes(_ one: DocumentCase) throws {
        let document = try one.form().written(one.json, for: try #require(BucketFeature.named(one.feature)))
        #expect(try one.form().problems(in: document) == [])
        #expect(try one.form().document.document(document.value) == one.xml)
    }

    @Test("What was sent reads as what was written", arguments: DocumentCases.sent)
    func reads(_ one: DocumentCase) throws {
        let (value, findings) = try one.form().document.value(one.xml)
        #expect(findings == [])
        #expect(LineDifference.lines(from: try JSONValue.parse(one.json), to: value) == [])
    }

    @Test("Answers of stores become JSON", arguments: DocumentCases.answered)
    func readsAnswers(_ one: DocumentCase) throws {
        #expect(LineDifference.lines(from: try JSONValue.parse(one.json), to: try one.form().value(one.xml)) == [])
    }

    @Test("A feature in one dialect is not lost in the other form of the same", arguments: BucketFeature.all.map(\.name))
    func bothFormsOfHuawei(_ name: String) throws {
        let feature = try #require(BucketFeature.named(name))
        #expect((feature.form(.obs) == nil) == (feature.form(.obsCompatible) == nil))
        #expect(feature.form(.obs)?.verbs == feature.form(.obsCompatible)?.verbs)
    }

    @Test("Names of features are there once")
    func namesAreUnique() {
        #expect(Set(BucketFeature.all.map(\.name)).count == BucketFeature.all.count)
    }

    @Test("A document within what Amazon's command line prints around it is taken out")
    func unwraps() throws {
        let feature = BucketFeature.encryption
        let form = try #require(feature.form(.s3))
        let bare = #"{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}"#
        let wrapped = #"{"ServerSideEncryptionConfiguration":\#(bare),"ResponseMetadata":{"RetryAttempts":0}}"#
        #expect(try form.written(bare, for: feature).value == form.written(wrapped, for: feature).value)
    }

    @Test("What is not known of an answer is shown by its name")
    func keepsTheUnknown() throws {
        let form = try #require(BucketFeature.versioning.form(.s3))
        let value = try form.value("<VersioningConfiguration><Status>Enabled</Status><New><A>1</A><A>2</A><B/></New></VersioningConfiguration>")
        #expect(
            LineDifference.lines(
                from: ["Status": .string("Enabled"), "New": ["A": .array([.string("1"), .string("2")]), "B": .string("")]], to: value) == [])
        #expect(form.document.document(value).contains("<New><A>1</A><A>2</A><B></B></New>"))
    }

    @Test("Nothing in a text ends the element it stands in")
    func escapes() throws {
        let form = try #require(BucketFeature.tags.form(.s3))
        let nasty = "</Value>&amp;<![CDATA[x]]>\"'\r\n\t ü🙂 "
        let value: JSONValue = ["TagSet": .array([["Key": .string("k"), "Value": .string(nasty)]])]
        #expect(LineDifference.lines(from: value, to: try form.value(form.document.document(value))) == [])
    }
}
