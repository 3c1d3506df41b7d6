import Credentials
import FileSystemTypes
import HTTPTransport
import ObjectStorage
import RemoteStore
import TestSupport
import Testing

/// Which headers the options of a mount add to which requests: as they stand on the wire, in each dialect.
@Suite(.timeLimit(.minutes(1))) struct ObjectOptionsTests {
    private static let keyText = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
    private static let keyDigest = "hRasmdxgYDKV3nvbahU1MA=="

    /// The requests that options could matter to, and what was sent of each: the headers by name.
    private func sent(_ options: ObjectOptions, _ dialect: Dialect, attributes: ObjectAttributes = ObjectAttributes()) async throws -> [String:
        [String: String]]
    {
        let server = try ScriptedServer { _ in .answerAndClose("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") }
        defer { server.stop() }
        let endpoint = try #require(Endpoint(server.url))
        var configuration = StoreClient.Configuration(endpoint: endpoint, region: "us-east-1")
        configuration.dialect = dialect
        configuration.objects = options
        let client = StoreClient(
            configuration, transport: HTTPTransport(), credentials: CredentialsChain([AnonymousProvider()]), logger: EmbeddedBucket.silent)
        let store = RemoteStore(client, bucket: BucketName("b"))
        let body = BytesSource(Bytes("x"))
        let upload = Upload(key: "k", id: UploadID("u"))
        _ = try? await store.put("k", body, attributes, .always)
        _ = try? await store.get("k", range: nil, ReadConditions())
        _ = try? await store.head("k", ReadConditions())
        _ = try? await store.delete("k")
        _ = try? await store.list(ListRequest())
        _ = try? await store.copy(CopyRequest(source: "s", destination: "k"))
        _ = try? await store.createUpload("k", attributes)
        _ = try? await store.uploadPart(upload, number: 1, body)
        _ = try? await store.copyPart(upload, number: 2, from: "s", range: ByteRange(offset: 0, count: 1), ifSourceMatches: nil)
        let names = ["put", "get", "head", "delete", "list", "copy", "create", "part", "copyPart"]
        #expect(server.requests.count == names.count)
        return Dictionary(uniqueKeysWithValues: zip(names, server.requests.map(Self.headers)))
    }

    private static func headers(_ head: String) -> [String: String] {
        let lines = head.split(separator: "\r\n").dropFirst().map { $0.split(separator: ":", maxSplits: 1) }
        return Dictionary(lines.filter { $0.count == 2 }.map { ($0[0].lowercased(), String($0[1].drop { $0 == " " })) }) { first, _ in first }
    }

    /// Which of the requests carry a header, in the order of their names; all with the same value.
    private func requests(_ sent: [String: [String: String]], with name: String, _ value: String) -> [String] {
        for (request, headers) in sent { if let other = headers[name] { #expect(other == value, "\(request)") } }
        return sent.filter { $0.value[name] != nil }.keys.sorted()
    }

    private static let creating = ["copy", "create", "put"]
    private static let all = ["copy", "copyPart", "create", "delete", "get", "head", "list", "part", "put"]

    @Test func nothingIsAddedUnasked() async throws {
        for dialect in [Dialect.s3, .obs, .cos, .oos] {
            for (request, headers) in try await sent(ObjectOptions(), dialect) {
                let own = headers.keys.filter { $0.hasPrefix(dialect.headerPrefix) }
                #expect(
                    Set(own).isSubset(of: ["x-amz-copy-source", "x-obs-copy-source", "x-amz-copy-source-range", "x-obs-copy-source-range"]),
                    "\(request)")
            }
        }
    }

    @Test(arguments: [(Dialect.s3, "x-amz-"), (.obs, "x-obs-"), (.obsCompatible, "x-amz-"), (.cos, "x-amz-"), (.oos, "x-amz-")])
    func classAndAccessGoWithNewObjects(dialect: Dialect, prefix: String) async throws {
        var options = ObjectOptions()
        options.storageClass = "WARM"
        options.accessControl = "public-read"
        options.requesterPays = true
        let sent = try await sent(options, dialect)
        #expect(requests(sent, with: prefix + "storage-class", "WARM") == Self.creating)
        #expect(requests(sent, with: prefix + "acl", "public-read") == Self.creating)
        #expect(requests(sent, with: prefix + "request-payer", "requester") == Self.all)
    }

    @Test func anObjectsOwnClassCounts() async throws {
        var options = ObjectOptions()
        options.storageClass = "WARM"
        let sent = try await sent(options, .s3, attributes: ObjectAttributes(storageClass: "COLD"))
        #expect(sent["put"]?["x-amz-storage-class"] == "COLD" && sent["create"]?["x-amz-storage-class"] == "COLD")
        #expect(sent["copy"]?["x-amz-storage-class"] == "WARM")
    }

    @Test func encryptionWithTheStoresKeys() async throws {
        var options = ObjectOptions()
        options.encryption = .storeKeys
        #expect(requests(try await sent(options, .s3), with: "x-amz-server-side-encryption", "AES256") == Self.creating)
        #expect(requests(try await sent(options, .obs), with: "x-obs-server-side-encryption", "AES256") == Self.creating)
    }

    @Test func encryptionWithManagedKeys() async throws {
        var options = ObjectOptions()
        options.encryption = .managedKey(id: "key-1")
        let s3 = try await sent(options, .s3)
        #expect(requests(s3, with: "x-amz-server-side-encryption", "aws:kms") == Self.creating)
        #expect(requests(s3, with: "x-amz-server-side-encryption-aws-kms-key-id", "key-1") == Self.creating)
        let obs = try await sent(options, .obs)
        #expect(requests(obs, with: "x-obs-server-side-encryption", "kms") == Self.creating)
        #expect(requests(obs, with: "x-obs-server-side-encryption-kms-key-id", "key-1") == Self.creating)
        options.encryption = .managedKey(id: nil)
        let defaultKey = try await sent(options, .s3)
        #expect(requests(defaultKey, with: "x-amz-server-side-encryption", "aws:kms") == Self.creating)
        #expect(requests(defaultKey, with: "x-amz-server-side-encryption-aws-kms-key-id", "") == [])
    }

    /// Without the key nothing of an object can be read, not even its headers; a copy needs that of its source as well.
    @Test(arguments: [(Dialect.s3, "x-amz-"), (.obs, "x-obs-"), (.cos, "x-amz-")])
    func aCustomersKeyGoesWithAllThatConcernsBytes(dialect: Dialect, prefix: String) async throws {
        var options = ObjectOptions()
        options.encryption = .customerKey(try #require(CustomerKey(Array(Self.keyText.utf8))))
        let sent = try await sent(options, dialect)
        let expected = ["copy", "copyPart", "create", "get", "head", "part", "put"]
        for (name, value) in [("algorithm", "AES256"), ("key", Self.keyText), ("key-md5", Self.keyDigest)] {
            #expect(requests(sent, with: prefix + "server-side-encryption-customer-" + name, value) == expected, "\(name)")
            #expect(
                requests(sent, with: prefix + "copy-source-server-side-encryption-customer-" + name, value) == ["copy", "copyPart"], "\(name)")
        }
    }

    @Test func customersKeys() {
        let raw = Array("0123456789abcdef0123456789abcdef".utf8)
        for good in [raw, Array(Self.keyText.utf8), Array((Self.keyText + "\n").utf8), Array(("\r\n" + Self.keyText + "\r\n").utf8)] {
            #expect(CustomerKey(good) != nil)
        }
        for bad in [
            "", "short", "MDEy", String(repeating: "x", count: 31), String(repeating: "x", count: 33), Self.keyText + "AAAA", "=" + Self.keyText,
        ] {
            #expect(CustomerKey(Array(bad.utf8)) == nil, "\(bad)")
        }
        let key = CustomerKey(raw)
        var dumped = ""
        dump(key, to: &dumped)
        #expect(!"\(String(describing: key)) \(dumped)".contains("0123456789"))
    }
}
