import Credentials
import FileSystemTypes
import Foundation
import HTTPTransport
import ObjectStorage
import RemoteStore
import StoreServer
import Testing

import struct RemoteStore.Dialect

/// What is on the wire when a bucket is made, and what the embedded store makes of it.
@Suite(.timeLimit(.minutes(2))) struct BucketCreationTests {
    private static let name = BucketName("made-here")

    private func client(
        _ url: String, _ dialect: Dialect, _ signature: StoreClient.Signature = .v4, region: String = "us-east-1",
        _ change: (inout StoreClient.Configuration) -> Void = { _ in }
    ) throws -> StoreClient {
        var configuration = StoreClient.Configuration(endpoint: try #require(Endpoint(url)), region: region)
        configuration.dialect = dialect
        configuration.signature = signature
        change(&configuration)
        let keys = ["AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"]
        return StoreClient(
            configuration, transport: HTTPTransport(), credentials: CredentialsChain([EnvironmentProvider(keys)]), logger: EmbeddedBucket.silent)
    }

    /// The request as it was sent: its headers in lower case, and its document without the declaration.
    private func sent(
        _ dialect: Dialect, _ signature: StoreClient.Signature = .v4, _ change: (inout BucketWishes) -> Void
    ) async throws -> (head: String, body: String) {
        let server = try OneAnswerServer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        defer { server.stop() }
        var wishes = BucketWishes()
        change(&wishes)
        try await RemoteBuckets(client(server.url, dialect, signature)).createBucket(Self.name, wishes)
        let request = try #require(server.requests.first)
        let parts = request.components(separatedBy: "\r\n\r\n")
        let body = parts[1].replacing(#/<\?xml.*?\?>/#, with: "").replacing(#/ xmlns="[^"]*"/#, with: "")
        return (parts[0].lowercased(), body)
    }

    @Test func nothingIsSaidWhereNothingIsWished() async throws {
        for (dialect, signature) in [(Dialect.s3, StoreClient.Signature.v4), (.obs, .obs), (.cos, .v4), (.oos, .v2)] {
            let (head, body) = try await sent(dialect, signature) { _ in }
            #expect(body.isEmpty && head.hasPrefix("put /made-here"))
            #expect(!head.contains("ibm-") && !head.contains("x-obs-fs") && !head.contains("lock"))
        }
    }

    @Test func placesByDialect() async throws {
        let s3 = try await sent(.s3) { $0.location = "eu-west-1" }
        #expect(s3.body == "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>")
        let usual = try await sent(.s3) { $0.location = "us-east-1" }
        #expect(usual.body.isEmpty, "that region has no name")
        let obs = try await sent(.obs, .obs) { $0.location = "cn-north-4" }
        #expect(obs.body == "<CreateBucketConfiguration><Location>cn-north-4</Location></CreateBucketConfiguration>")
        let compatible = try await sent(.obsCompatible, .v2) { $0.location = "cn-north-4" }
        #expect(compatible.body == "<CreateBucketConfiguration><LocationConstraint>cn-north-4</LocationConstraint></CreateBucketConfiguration>")
        let cos = try await sent(.cos) { $0.location = "us-south" }
        #expect(cos.body == "<CreateBucketConfiguration><LocationConstraint>us-south</LocationConstraint></CreateBucketConfiguration>")
    }

    @Test func placesOfOOS() async throws {
        let specified = try await sent(.oos, .v2) { wishes in
            wishes.location = "ShenYang"
            wishes.dataLocations = ["ChengDu", "LanZhou"]
            wishes.mayGoElsewhere = false
        }
        #expect(
            specified.body
                == "<CreateBucketConfiguration><MetadataLocationConstraint><Location>ShenYang</Location></MetadataLocationConstraint>"
                + "<DataLocationConstraint><Type>Specified</Type><LocationList><Location>ChengDu</Location><Location>LanZhou</Location></LocationList>"
                + "<ScheduleStrategy>NotAllowed</ScheduleStrategy></DataLocationConstraint></CreateBucketConfiguration>")
        let local = try await sent(.oos, .v2) { $0.location = "ShenYang" }
        #expect(local.body.contains("<Type>Local</Type><ScheduleStrategy>Allowed</ScheduleStrategy>"))
    }

    @Test func huaweisHeaders() async throws {
        let wish: (inout BucketWishes) -> Void = { wishes in
            wishes.fileSystem = true
            wishes.multipleZones = true
            wishes.objectLock = true
            wishes.accessControl = "private"
        }
        let native = try await sent(.obs, .obs) { wishes in
            wish(&wishes)
            wishes.storageClass = "WARM"
        }
        let compatible = try await sent(.obsCompatible, .v2) { wishes in
            wish(&wishes)
            wishes.storageClass = "STANDARD_IA"
        }
        for line in ["x-obs-fs-file-interface: enabled", "x-obs-az-redundancy: 3az"] {
            #expect(native.head.contains(line) && compatible.head.contains(line), "\(line) keeps its prefix")
        }
        #expect(native.head.contains("x-obs-storage-class: warm") && compatible.head.contains("x-default-storage-class: standard_ia"))
        #expect(native.head.contains("x-obs-acl: private") && compatible.head.contains("x-amz-acl: private"))
        #expect(native.head.contains("x-obs-bucket-object-lock-enabled: true") && compatible.head.contains("x-amz-bucket-object-lock-enabled: true"))
    }

    @Test func ibmsHeaders() async throws {
        let (head, body) = try await sent(.cos) { wishes in
            wishes.rootKey = "crn:v1:key"
            wishes.serviceInstance = "crn:v1:instance"
            wishes.location = "us-south"
            wishes.storageClass = "Smart"
        }
        #expect(body.contains("<LocationConstraint>us-south-smart</LocationConstraint>"))
        for line in [
            "ibm-sse-kp-encryption-algorithm: aes256", "ibm-sse-kp-customer-root-key-crn: crn:v1:key", "ibm-service-instance-id: crn:v1:instance",
        ] {
            #expect(head.contains(line), "\(line)")
        }
        let signed = try #require(head.firstMatch(of: #/signedheaders=([^,\s]*)/#)?.1)
        #expect(head.components(separatedBy: "ibm-service-instance-id:").count == 2 && !signed.isEmpty)
    }

    @Test func whatADialectDoesNotHaveIsRefused() async throws {
        let wishes: [(Dialect, (inout BucketWishes) -> Void)] = [
            (.s3, { $0.fileSystem = true }), (.cos, { $0.multipleZones = true }), (.obs, { $0.rootKey = "x" }), (.s3, { $0.serviceInstance = "x" }),
            (.s3, { $0.dataLocations = ["x"] }), (.obs, { $0.mayGoElsewhere = false }), (.oos, { $0.objectLock = true }),
            (.s3, { $0.storageClass = "STANDARD" }), (.oos, { $0.storageClass = "STANDARD" }),
        ]
        for (dialect, change) in wishes {
            let error = await #expect(throws: StoreError.self) { _ = try await sent(dialect, dialect == .oos ? .v2 : .v4, change) }
            #expect(error?.reason == .unsupported, "\(dialect)")
        }
        let error = await #expect(throws: StoreError.self) { _ = try await sent(.cos) { $0.storageClass = "cold" } }
        #expect(error?.message.contains("--location") == true)
    }

    // MARK: On the embedded store

    private func withStore(_ setting: (inout StoreServer.Configuration) -> Void, _ body: (StoreServer) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("windlass-creation-\(UUID().uuidString)")
        var configuration = StoreServer.Configuration(folder: folder.path, accessKey: "key", secretKey: "secret")
        setting(&configuration)
        let server = try await StoreServer.start(configuration)
        do { try await body(server) } catch { Issue.record(error) }
        await server.stop()
        try? FileManager.default.removeItem(at: folder)
    }

    private func probed(_ client: StoreClient) async throws -> Set<String> {
        let search = CapabilitySearch(client, bucket: Self.name, logger: EmbeddedBucket.silent)
        return Set(try await search.probe(folder: "").table.filter(\.isOffered).map(\.name))
    }

    @Test(arguments: [StoreClient.Signature.obs, .v2]) func fileSystemsAreFoundOut(signature: StoreClient.Signature) async throws {
        try await withStore {
            $0.dialect = .obs
        } _: { server in
            let client = try client(server.endpoint, signature == .obs ? .obs : .obsCompatible, signature)
            var wishes = BucketWishes()
            wishes.fileSystem = true
            wishes.location = "cn-north-4"
            try await RemoteBuckets(client).createBucket(Self.name, wishes)
            let traits = try await RemoteBuckets(client).traits(of: Self.name)
            #expect(traits.isFileSystem && traits.location == "cn-north-4")
            let found = try await probed(client)
            #expect(found.isSuperset(of: ["modify", "rename", "part-copy"]) && !found.contains("append"))
            let listed = try #require(try await RemoteBuckets(client).listBuckets().first)
            #expect(listed.location == "cn-north-4" && listed.isFileSystem)
            let store = RemoteStore(
                client, bucket: Self.name,
                capabilities: try await CapabilitySearch(
                    client, bucket: Self.name, logger: EmbeddedBucket.silent
                ).probe(folder: ""))
            _ = try await store.put("f", BytesSource(Bytes("abc")), ObjectAttributes(), .always)
            _ = try await store.modify("f", at: 1, BytesSource(Bytes("XYZ")))
            try await store.truncate("f", to: 3)
            try await store.rename("f", to: "g")
            #expect(try await store.get("g", range: nil, ReadConditions()).collect() == Bytes("aXY"))
        }
    }

    @Test func bucketsOfIBMAreListedPageByPage() async throws {
        try await withStore {
            $0.dialect = .cos
        } _: { server in
            let buckets = RemoteBuckets(try client(server.endpoint, .cos))
            var wishes = BucketWishes()
            wishes.location = "us-south"
            wishes.storageClass = "cold"
            wishes.rootKey = "crn:v1:key"
            try await buckets.createBucket(Self.name, wishes)
            #expect(try await buckets.listBuckets().map(\.location) == ["us-south-cold"])
        }
        // A list that repeats itself ends.
        let page =
            "<ListAllMyBucketsResult><Buckets><Bucket><Name>b</Name></Bucket></Buckets><IsTruncated>true</IsTruncated>"
            + "<NextMarker>b</NextMarker></ListAllMyBucketsResult>"
        let server = try OneAnswerServer("HTTP/1.1 200 OK\r\nContent-Length: \(page.utf8.count)\r\nConnection: close\r\n\r\n\(page)")
        defer { server.stop() }
        let error = await #expect(throws: StoreError.self) { try await RemoteBuckets(client(server.url, .cos)).listBuckets() }
        #expect(error?.reason == .invalidResponse && server.requests.count == 2)
    }

    /// In a bucket whose objects are all kept nothing is tried out.
    @Test func protectedBucketsAreNotProbed() async throws {
        try await withStore {
            $0.dialect = .cos
        } _: { server in
            let plain = try client(server.endpoint, .cos)
            try await RemoteBuckets(plain).createBucket(Self.name)
            let before = try await probed(plain)
            #expect(before.contains("put-if-absent"))
            try await Protection.put(on: Self.name, server.endpoint)
            let after = try await probed(plain)
            #expect(!after.contains("put-if-absent") && after.contains("part-copy"))
            let store = RemoteStore(plain, bucket: Self.name)
            #expect(try await store.list(ListRequest()).objects.isEmpty)
        }
    }

    @Test func retentionKeepsObjects() async throws {
        try await withStore {
            $0.dialect = .cos
        } _: { server in
            let plain = try client(server.endpoint, .cos)
            try await RemoteBuckets(plain).createBucket(Self.name)
            try await Protection.put(on: Self.name, server.endpoint)
            let keeping = try client(server.endpoint, .cos) { $0.objects.retention = Retention(period: 3600, legalHold: "case-1") }
            let store = RemoteStore(keeping, bucket: Self.name)
            _ = try await store.put("put", BytesSource(Bytes("x")), ObjectAttributes(), .always)
            _ = try await store.copy(CopyRequest(source: "put", destination: "copied"))
            let upload = Upload(key: "parts", id: try await store.createUpload("parts", ObjectAttributes()))
            let part = try await store.uploadPart(upload, number: 1, BytesSource(Bytes("y")))
            _ = try await store.completeUpload(upload, parts: [part], .always)
            for key: Key in ["put", "copied", "parts"] {
                let error = await #expect(throws: StoreError.self, "\(key)") { try await store.delete(key) }
                #expect(error?.reason == .accessDenied)
            }
            // Without a period of its own an object is kept for the bucket's, which here is none.
            let free = RemoteStore(plain, bucket: Self.name)
            _ = try await free.put("free", BytesSource(Bytes("z")), ObjectAttributes(), .always)
            try await free.delete("free")
        }
    }

    @Test func partsThatOOSDoesNotCopyGoOverThisMachine() async throws {
        try await withStore { configuration in
            configuration.dialect = .oos
            _ = configuration.dialect.features.apply(quirk: "whole-part-copies")
        } _: { server in
            let client = try client(server.endpoint, .oos, .v2)
            try await RemoteBuckets(client).createBucket(Self.name)
            let store = RemoteStore(client, bucket: Self.name)
            let bytes = (0..<20_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
            let receipt = try await store.put("source", BytesSource(Bytes(bytes)), ObjectAttributes(), .always)
            let upload = Upload(key: "target", id: try await store.createUpload("target", ObjectAttributes()))
            server.resetCounters()
            let first = try await store.copyPart(
                upload, number: 1, from: "source", range: ByteRange(offset: 3, count: 18_000_000), ifSourceMatches: receipt.etag)
            let second = try await store.copyPart(
                upload, number: 2, from: "source", range: ByteRange(offset: 0, count: 5), ifSourceMatches: nil)
            #expect(server.count(.uploadPartCopy).requests == 1, "refused once, and not tried again")
            let wrong = await #expect(throws: StoreError.self) {
                try await store.copyPart(upload, number: 3, from: "source", range: ByteRange(offset: 0, count: 5), ifSourceMatches: ETag("other"))
            }
            #expect(wrong?.reason == .preconditionFailed)
            let gone = await #expect(throws: StoreError.self) {
                try await store.copyPart(upload, number: 3, from: "none", range: ByteRange(offset: 0, count: 5), ifSourceMatches: nil)
            }
            #expect(gone?.reason == .noSuchKey)
            _ = try await store.completeUpload(upload, parts: [first, second], .always)
            let got = try await store.get("target", range: nil, ReadConditions()).collect().contiguous
            #expect(got == Array(bytes[3..<18_000_003]) + Array(bytes[0..<5]))
        }
    }

    /// A policy on the bucket that keeps nothing unless an object says so.
    private enum Protection {
        static func put(on bucket: BucketName, _ endpoint: String) async throws {
            let document =
                "<ProtectionConfiguration><Status>Retention</Status><MinimumRetention><Days>0</Days></MinimumRetention>"
                + "<DefaultRetention><Days>0</Days></DefaultRetention><MaximumRetention><Days>1</Days></MaximumRetention></ProtectionConfiguration>"
            try await BucketDocument.put(document, "protection", bucket, endpoint)
        }
    }
}
