import FileSystemTypes
import ObjectStorage
import RemoteStore
import Testing

/// Listings that tell of objects what HEAD tells.
@Suite(.timeLimit(.minutes(2))) struct ListedAttributesTests {
    private let name = BucketName("bucket")

    private func withBucket(quirk: String? = "list-metadata", _ body: (EmbeddedBucket, RemoteStore) async throws -> Void) async throws {
        let bucket = try await EmbeddedBucket(quirk: quirk)
        var capabilities = bucket.store.capabilities
        capabilities.listAttributes = true
        do {
            try await body(bucket, RemoteStore(bucket.client, bucket: name, capabilities: capabilities))
        } catch {
            Issue.record(error)
        }
        await bucket.end()
    }

    private func put(_ key: Key, _ attributes: ObjectAttributes, in store: RemoteStore) async throws {
        _ = try await store.put(key, BytesSource(Bytes(Array(key.bytes))), attributes, .always)
    }

    private func put(_ keys: [String], in store: RemoteStore) async throws {
        for key in keys {
            var attributes = ObjectAttributes(
                contentType: "text/plain", metadata: ["mode": "33188", "mtime": "1.000000002", "note": "<a> & \"b\"", "name": key])
            attributes.headers = [.cacheControl: "no-store", .expires: "Thu, 01 Jan 2037 00:00:00 GMT"]
            try await put(Key(key), attributes, in: store)
        }
        try await put("plain", ObjectAttributes(), in: store)
        try await put("rare", ObjectAttributes(storageClass: "GLACIER"), in: store)
    }

    private func asked(_ listed: ListedObject, in store: RemoteStore) async throws -> ObjectInfo {
        var info = try await store.head(listed.key, ReadConditions())
        info.md5 = nil
        return info
    }

    private static let request = ListRequest(withAttributes: true)

    @Test func tellsWhatHeadTells() async throws {
        try await withBucket { _, store in
            try await put(["a", "b/c", "%"], in: store)
            let objects = try await store.list(Self.request).objects
            #expect(objects.count == 5)
            for listed in objects { #expect(try await listed.info == asked(listed, in: store)) }
            #expect(try await store.list(ListRequest()).objects.allSatisfy { $0.info == nil }, "nobody has asked")
        }
    }

    /// A store that ignores the parameter says nothing, and nothing is made up.
    @Test func isNothingWhereTheStoreDoesNotKnow() async throws {
        try await withBucket(quirk: nil) { _, store in
            try await put(["a"], in: store)
            #expect(try await store.list(Self.request).objects.map(\.info) == [nil, nil, nil])
        }
    }

    /// A name of metadata that is no name in XML breaks the page: it is asked for as others are.
    @Test func survivesNamesThatAreNoElements() async throws {
        try await withBucket { _, store in
            try await put("a", ObjectAttributes(contentType: "a/b", metadata: ["a!b": "1"]), in: store)
            try await put("b", ObjectAttributes(contentType: "a/b"), in: store)
            #expect(try await store.list(Self.request).objects.map(\.key) == ["a", "b"])
        }
    }

    @Test func isFoundOut() async throws {
        for (quirk, expected) in [("list-metadata", true), (nil, false)] {
            try await withBucket(quirk: quirk) { bucket, _ in
                let search = CapabilitySearch(bucket.client, bucket: name, logger: EmbeddedBucket.silent)
                let found = try await search.probe(folder: "")
                #expect(found.listAttributes == expected)
            }
        }
    }

    /// Listings do not tell versions, which HEAD tells.
    @Test func isNotOfferedInVersionedBuckets() async throws {
        try await withBucket { bucket, _ in
            let document = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
            try await BucketDocuments(bucket.client, bucket: name, policy: .brief, logger: EmbeddedBucket.silent)
                .put(.init([.init("versioning")]), .init(document: Bytes(document)))
            let search = CapabilitySearch(bucket.client, bucket: name, logger: EmbeddedBucket.silent)
            let found = try await search.probe(folder: "")
            #expect(!found.listAttributes && found.putIfAbsent)
        }
    }

    // MARK: One entry

    private func info(_ elements: String) throws -> ObjectInfo? {
        let handler = ListingHandler()
        let document = """
            <ListBucketResult><Contents><Key>k</Key><Size>1</Size><ETag>"e"</ETag><LastModified>2026-03-14T09:26:53.123Z</LastModified>\(elements)\
            </Contents></ListBucketResult>
            """
        try XMLPushParser.parse(Bytes(document), handler)
        return try handler.page().page.objects.first?.info
    }

    @Test func readsAnEntry() throws {
        let handler = ListingHandler()
        try XMLPushParser.parse(Bytes(Answers.described), handler)
        var expected = ObjectInfo(
            size: 1, etag: ETag("e"), lastModified: Timestamp(iso8601: "2026-03-14T09:26:53Z"), contentType: "a/b",
            metadata: ["mode": "33188", "note": "a & b"])
        expected.headers[.cacheControl] = "no-store"
        #expect(try handler.page().page.objects.map(\.info) == [expected])
    }

    private static let type = "<content-type>a/b</content-type>"
    private static let sealed = "x-amz-server-side-encryption-customer-algorithm"

    @Test(arguments: [
        "", "<UserMetadata/>", "<UserMetadata><expires>Mon, 01 Jan 0001 00:00:00 GMT</expires></UserMetadata>",
        "<UserMetadata><X-Amz-Meta-Mode>33188</X-Amz-Meta-Mode></UserMetadata>",
        "<UserMetadata>\(type)<X-Amz-Meta-A>\u{e4}</X-Amz-Meta-A></UserMetadata>",
        "<UserMetadata>\(type)<X-Amz-Meta-A>a&#9;b</X-Amz-Meta-A></UserMetadata>",
        "<UserMetadata>\(type)<\(sealed)>AES256</\(sealed)></UserMetadata>",
    ])
    func believesNoPart(elements: String) throws {
        #expect(try info(elements) == nil)
        #expect(try info("<UserMetadata>\(Self.type)</UserMetadata>") != nil)
    }

    @Test func takesTheClassThatTheListingTells() throws {
        let described = "<UserMetadata>\(Self.type)</UserMetadata>"
        #expect(try info(described + "<StorageClass>STANDARD</StorageClass>")?.storageClass == nil)
        #expect(try info(described + "<StorageClass>RARE</StorageClass>")?.storageClass == "RARE")
    }
}
