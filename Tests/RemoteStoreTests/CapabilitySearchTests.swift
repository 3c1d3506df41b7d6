import Credentials
import FileSystemTypes
import Foundation
import HTTPTransport
import ObjectStorage
import RemoteStore
import StoreServer
import Testing

import struct RemoteStore.Dialect

/// The client's search against the embedded store in each dialect, and what is remembered of it.
@Suite(.timeLimit(.minutes(2))) struct CapabilitySearchTests {
    private typealias Setting = (inout StoreServer.Configuration) throws -> Void
    private let bucket = BucketName("bucket")

    private func withServer(
        _ dialect: Dialect, _ signature: StoreClient.Signature, _ setting: Setting,
        _ body: (StoreServer, StoreClient) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("windlass-search-\(UUID().uuidString)")
        var configuration = StoreServer.Configuration(folder: folder.path, accessKey: "key", secretKey: "secret")
        try setting(&configuration)
        let store = try await StoreServer.start(configuration)
        let client = try client(store.endpoint, dialect, signature)
        do {
            try await RemoteBuckets(client).createBucket(bucket)
            try await body(store, client)
        } catch {
            Issue.record(error)
        }
        await store.stop()
        try? FileManager.default.removeItem(at: folder)
    }

    private func client(_ endpoint: String, _ dialect: Dialect, _ signature: StoreClient.Signature = .v4) throws -> StoreClient {
        var configuration = StoreClient.Configuration(endpoint: try #require(Endpoint(endpoint)), region: "us-east-1")
        configuration.dialect = dialect
        configuration.signature = signature
        let keys = ["AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"]
        return StoreClient(
            configuration, transport: HTTPTransport(), credentials: CredentialsChain([EnvironmentProvider(keys)]), logger: EmbeddedBucket.silent)
    }

    private func search(_ client: StoreClient) -> CapabilitySearch {
        CapabilitySearch(client, bucket: bucket, logger: EmbeddedBucket.silent)
    }

    private func probed(_ dialect: Dialect, _ signature: StoreClient.Signature = .v4, _ setting: Setting = { _ in }) async throws -> Set<String> {
        var found: Set<String> = []
        try await withServer(dialect, signature, setting) { _, client in
            #expect(search(client).gap == .verbs)
            let capabilities = try await search(client).probe(folder: "")
            found = Set(capabilities.table.filter(\.isOffered).map(\.name))
            let store = RemoteStore(client, bucket: bucket)
            #expect(try await store.list(ListRequest()).objects.isEmpty)
            #expect(try await store.listUploads(prefix: Key("")).isEmpty)
        }
        return found
    }

    private static let conditional: Set = [
        "put-if-absent", "put-if-matches", "complete-if-absent", "complete-if-matches", "copy-if-source-matches", "part-copy",
        "part-copy-if-source-matches",
    ]
    private static let copies: Set = ["copy-if-source-matches", "part-copy", "part-copy-if-source-matches"]

    @Test func s3() async throws {
        #expect(try await probed(.s3) == Self.conditional)
        #expect(try await probed(.s3, .v2) == Self.conditional)
    }

    @Test func s3WithAppendsOfCeph() async throws {
        #expect(try await probed(.s3) { $0.dialect.append = .rgw } == Self.conditional.union(["append"]))
    }

    /// Appends of directory buckets show nothing by which they could be told from a PUT: they are never tried.
    @Test func appendsByAHeaderAreNotFound() async throws {
        #expect(try await probed(.s3) { $0.dialect.append = .offset } == Self.conditional)
        #expect(try await probed(.s3Directory) { $0.dialect.append = .offset } == Self.conditional)
    }

    @Test func obs() async throws {
        let expected = Self.copies.union(["append", "replace-attributes"])
        let native = try await probed(.obs, .obs) { $0.dialect = .obs }
        #expect(native == expected.union(["put-if-absent", "complete-if-absent"]))
        // The header that forbids overwriting is not one of Amazon's.
        let compatible = try await probed(.obsCompatible, .v2) { $0.dialect = .obs }
        #expect(compatible == expected)
    }

    @Test func cos() async throws {
        #expect(try await probed(.cos) { $0.dialect = .cos } == Self.conditional)
    }

    @Test func oos() async throws {
        #expect(try await probed(.oos, .v2) { $0.dialect = .oos } == Self.copies)
        let old = try await probed(.oos, .v2) { configuration in
            configuration.dialect = .oos
            let isKnown = configuration.dialect.features.apply(quirk: "whole-part-copies")
            try #require(isKnown)
        }
        #expect(old == Self.copies, "what the store refuses goes over this machine")
    }

    // MARK: By names alone

    private func search(_ endpoint: String, _ dialect: Dialect, bucket: String = "bucket") throws -> CapabilitySearch {
        CapabilitySearch(try client(endpoint, dialect), bucket: BucketName(bucket), logger: EmbeddedBucket.silent)
    }

    @Test func wellKnownHostsAreNotProbed() throws {
        let amazon = try search("https://s3.eu-west-1.amazonaws.com", .s3)
        #expect(amazon.gap == .none && amazon.known.putIfAbsent && amazon.known.completeIfMatches && amazon.known.append == nil)
        let directory = try search("https://s3express-use1-az4.us-east-1.amazonaws.com", .s3Directory)
        #expect(directory.known.append == AppendRules(maximumAppends: 10_000, anyObject: true))
        #expect(try search("https://obs.cn-north-4.myhuaweicloud.com", .obs).gap == .kind)
        #expect(try search("https://s3.us-south.cloud-object-storage.appdomain.cloud", .cos).gap == .none)
        #expect(try search("https://oos-cn.ctyunapi.cn", .oos).gap == .none)
        #expect(try search("https://s3.eu-west-1.amazonaws.com", .obsCompatible).gap == .verbs)
        #expect(try search("https://minio.example.com:9000", .s3).gap == .verbs)
    }

    // MARK: The cache

    private func cacheFolder() -> URL {
        FileManager.default.temporaryDirectory.appendingPathComponent("windlass-cache-\(UUID().uuidString)")
    }

    @Test func whatWasFoundIsRemembered() throws {
        let folder = cacheFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let client = try client("https://minio.example.com:9000", .s3)
        let cache = CapabilityCache(folder: folder.path, logger: EmbeddedBucket.silent)
        #expect(cache.capabilities(of: bucket, at: client) == nil)
        var found = Capabilities.least
        found.append = AppendRules(maximumAppends: 7, maximumBytes: 5, anyObject: true)
        found.putIfMatches = true
        let now = Timestamp(seconds: 1_000_000_000)
        cache.remember(.least, of: bucket, at: client, now: now)
        cache.remember(found, of: bucket, at: client, now: now)
        #expect(cache.capabilities(of: bucket, at: client, now: now) == found)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(files.count == 1, "replaced in one step, and nothing else stays")
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.appendingPathComponent(files[0]).path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        // Of another bucket, endpoint, dialect or time.
        #expect(cache.capabilities(of: BucketName("other"), at: client, now: now) == nil)
        #expect(cache.capabilities(of: bucket, at: try self.client("https://minio.example.com", .s3), now: now) == nil)
        #expect(cache.capabilities(of: bucket, at: try self.client("https://minio.example.com:9000", .cos), now: now) == nil)
        let week: Int64 = 7 * 24 * 3600
        #expect(cache.capabilities(of: bucket, at: client, now: Timestamp(seconds: now.seconds + week - 1)) == found)
        #expect(cache.capabilities(of: bucket, at: client, now: Timestamp(seconds: now.seconds + week)) == nil)
        #expect(cache.capabilities(of: bucket, at: client, now: Timestamp(seconds: now.seconds - 1)) == nil)
    }

    /// Whatever a file holds: it is used as it was written, or not at all.
    @Test func damagedFilesAreIgnored() throws {
        let folder = cacheFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let client = try client("https://minio.example.com:9000", .s3)
        let cache = CapabilityCache(folder: folder.path, logger: EmbeddedBucket.silent)
        cache.remember(.least, of: bucket, at: client)
        let path = try #require(FileManager.default.contentsOfDirectory(atPath: folder.path).first.map { folder.appendingPathComponent($0) })
        let whole = try Data(contentsOf: path)
        for count in stride(from: 0, to: whole.count, by: 7) {
            try whole.prefix(count).write(to: path)
            #expect(cache.capabilities(of: bucket, at: client) == nil, "\(count) bytes")
        }
        for other in [Data("[]".utf8), Data("{\"version\":2}".utf8), Data(repeating: 0x7B, count: 1 << 20), whole + whole] {
            try other.write(to: path)
            #expect(cache.capabilities(of: bucket, at: client) == nil)
        }
        cache.remember(.least, of: bucket, at: client)
        #expect(cache.capabilities(of: bucket, at: client) == .least)
        try FileManager.default.removeItem(at: path)
        try FileManager.default.createDirectory(at: path, withIntermediateDirectories: false)
        #expect(cache.capabilities(of: bucket, at: client) == nil)
    }

    @Test func aFolderThatCannotBeWrittenIsNoFailure() throws {
        let client = try client("https://minio.example.com:9000", .s3)
        let cache = CapabilityCache(folder: "/proc/none", logger: EmbeddedBucket.silent)
        cache.remember(.least, of: bucket, at: client)
        #expect(cache.capabilities(of: bucket, at: client) == nil)
        #expect(CapabilityCache.standard([:], logger: EmbeddedBucket.silent) == nil)
    }
}
