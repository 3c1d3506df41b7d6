import Credentials
import FileSystemTypes
import Foundation
import HTTPTransport
import ObjectStorage
import RemoteStore
import StoreServer
import Testing

/// Requests that a server sends on: to the same object at the same site, signed anew, and not for ever.
@Suite(.timeLimit(.minutes(2))) struct RedirectionTests {
    private static func sendOn(_ status: Int, to location: String, _ more: String = "") -> String {
        "HTTP/1.1 \(status) Somewhere\r\nLocation: \(location)\r\n\(more)Content-Length: 0\r\nConnection: close\r\n\r\n"
    }

    private func client(
        _ url: String, secret: String = "secret", options: TransportOptions = TransportOptions(),
        _ change: (inout StoreClient.Configuration) -> Void = { _ in }
    ) throws -> StoreClient {
        var configuration = StoreClient.Configuration(endpoint: try #require(Endpoint(url)), region: "us-east-1")
        change(&configuration)
        let keys = ["AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": secret]
        return StoreClient(
            configuration, transport: HTTPTransport(options), credentials: CredentialsChain([EnvironmentProvider(keys)]),
            logger: EmbeddedBucket.silent)
    }

    private func store(_ server: OneAnswerServer, _ change: (inout StoreClient.Configuration) -> Void = { _ in }) throws -> RemoteStore {
        RemoteStore(try client(server.url, change), bucket: BucketName("bucket"))
    }

    private func failure(_ body: () async throws -> Void) async -> StoreError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? StoreError
        }
    }

    /// The store behind checks each signature, so what arrives there was signed for there, and the whole body came along.
    @Test(arguments: [301, 302, 307, 308]) func followedWithBodyAndANewSignature(status: Int) async throws {
        let bucket = try await EmbeddedBucket()
        let real = bucket.server.endpoint
        let door = try OneAnswerServer { request in
            let path = request.split(separator: " ")[1]
            return Self.sendOn(status, to: "\(real)\(path)")
        }
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        let store = try store(door)
        do {
            _ = try await store.put("a b/ü+", BytesSource(Bytes(bytes)), ObjectAttributes(metadata: ["x": "y"]), .always)
            #expect(try await bucket.store.get("a b/ü+", range: nil, ReadConditions()).collect().contiguous == bytes)
            #expect(
                try await store.get("a b/ü+", range: ByteRange(offset: 5, count: 7), ReadConditions()).collect().contiguous == Array(bytes[5..<12]))
            #expect(try await store.list(ListRequest(delimiter: "/")).commonPrefixes == ["a b/"])
            #expect(try await store.head("a b/ü+", ReadConditions()).metadata == ["x": "y"])
            // What holds for good is asked for once.
            #expect(door.requests.count == (status == 301 || status == 308 ? 1 : 4))
        } catch {
            Issue.record(error)
        }
        door.stop()
        await bucket.end()
    }

    @Test(arguments: [
        "https://evil.example.com/bucket/k", "http://127.0.0.1.example.com/bucket/k", "http://127.0.0.2/bucket/k",
        "//evil.example.com/bucket/k", "http://bucket/bucket/k",
    ])
    func neverToAnotherSite(location: String) async throws {
        let door = try OneAnswerServer(Self.sendOn(307, to: location))
        defer { door.stop() }
        let error = await failure { _ = try await store(door).head("k", ReadConditions()) }
        #expect(error?.reason == .wrongRegion && error?.message.contains("another site") == true, "\(String(describing: error))")
        #expect(door.requests.count == 1)
    }

    @Test(arguments: [
        "/bucket/other", "/other/k", "/bucket/", "/", "/bucket/k/x", "http:///", "http://user@127.0.0.1/bucket/k", "ftp://127.0.0.1/bucket/k",
    ])
    func neverToAnotherObject(location: String) async throws {
        let door = try OneAnswerServer(Self.sendOn(302, to: location))
        defer { door.stop() }
        let error = await failure { _ = try await store(door).put("k", BytesSource(Bytes([1])), ObjectAttributes(), .always) }
        #expect(error?.reason == .wrongRegion, "\(String(describing: error))")
        #expect(door.requests.count == 1)
    }

    @Test(arguments: [0, 1, 5]) func notForEver(limit: Int) async throws {
        let door = try OneAnswerServer { request in Self.sendOn(307, to: String(request.split(separator: " ")[1])) }
        defer { door.stop() }
        let error = await failure { _ = try await store(door) { $0.maximumRedirects = limit }.head("k", ReadConditions()) }
        #expect(error?.message.contains("more than \(limit) times") == true)
        #expect(door.requests.count == limit + 1)
    }

    @Test func fromVirtualHostToVirtualHost() async throws {
        let bucket = try await EmbeddedBucket()
        let port = try #require(bucket.server.endpoint.split(separator: ":").last)
        let door = try OneAnswerServer { _ in Self.sendOn(307, to: "http://bucket.s3.localhost:\(port)/k") }
        let url = door.url.replacing("127.0.0.1", with: "localhost")
        let store = RemoteStore(try client(url) { $0.addressing = .virtual }, bucket: BucketName("bucket"))
        do {
            _ = try await store.put("k", BytesSource(Bytes([7])), ObjectAttributes(), .always)
            #expect(try await bucket.store.get("k", range: nil, ReadConditions()).collect().contiguous == [7])
        } catch {
            Issue.record(error)
        }
        door.stop()
        await bucket.end()
    }

    @Test(arguments: [
        ("https://s3.us-east-1.amazonaws.com", "s3.eu-west-1.amazonaws.com", true),
        ("https://s3.us-east-1.amazonaws.com", "bucket.s3.eu-west-1.amazonaws.com", true),
        ("https://s3.amazonaws.com", "a.b.s3.dualstack.eu-west-1.amazonaws.com", true),
        ("https://s3.us-east-1.amazonaws.com", "bucket.s3-us-west-2.amazonaws.com", true),
        ("https://s3.us-east-1.amazonaws.com", "ec2-1-2-3-4.us-west-2.compute.amazonaws.com", false),
        ("https://s3.us-east-1.amazonaws.com", "s3-evil-1.us-east-1.elb.amazonaws.com", false),
        ("https://s3.us-east-1.amazonaws.com", "x.execute-api.us-east-1.amazonaws.com", false),
        ("https://s3.us-east-1.amazonaws.com", "s3.us-east-1.amazonaws.com.evil.example", false),
        ("https://s3.us-east-1.amazonaws.com", "evils3.us-east-1.amazonaws.com", false),
        ("https://obs.cn-north-4.myhuaweicloud.com", "bucket.obs.cn-east-3.myhuaweicloud.com", true),
        ("https://obs.cn-north-4.myhuaweicloud.com", "iam.cn-north-4.myhuaweicloud.com", false),
        ("https://oos-cn.ctyunapi.cn", "oos-hazz.ctyunapi.cn", true), ("https://oos-cn.ctyunapi.cn", "oos-cn.ctyunapi.cn.example", false),
        (
            "https://s3.us-south.cloud-object-storage.appdomain.cloud", "s3.private.us-south.cloud-object-storage.appdomain.cloud", true
        ),
        ("https://store.example.com", "bucket.store.example.com", true), ("https://store.example.com", "STORE.example.com", true),
        ("https://store.example.com", "evilstore.example.com", false), ("https://store.example.com", "example.com", false),
    ])
    func sites(endpoint: String, host: String, isSame: Bool) throws {
        #expect(try #require(Endpoint(endpoint)).isSameSite(host) == isSame)
    }

    @Test func regionsByHost() {
        #expect(Endpoint("https://s3-us-west-2.amazonaws.com")?.region == "us-west-2")
        #expect(Endpoint("https://s3express-use1-az4.us-east-1.amazonaws.com")?.region == "us-east-1")
        #expect(Endpoint("https://s3-fips.us-gov-west-1.amazonaws.com")?.region == "us-gov-west-1")
        #expect(Endpoint("https://s3.amazonaws.com")?.region == "us-east-1")
    }

    /// An answer without an address is what it always was: an error, or the name of a region.
    @Test func withoutAddress() async throws {
        let door = try OneAnswerServer("HTTP/1.1 301 Moved\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        defer { door.stop() }
        #expect(await failure { _ = try await store(door).head("k", ReadConditions()) }?.status == 301)
        #expect(door.requests.count == 1)
    }

    /// A place that is gone is not asked for ever.
    @Test func aPlaceThatDiesIsForgotten() async throws {
        let bucket = try await EmbeddedBucket()
        let second = try OneAnswerServer { request in Self.sendOn(307, to: "\(bucket.server.endpoint)\(request.split(separator: " ")[1])") }
        let door = try OneAnswerServer { request in Self.sendOn(308, to: "\(second.url.dropLast())\(request.split(separator: " ")[1])") }
        let store = try store(door)
        _ = try await store.put("k", BytesSource(Bytes([1])), ObjectAttributes(), .always)
        #expect(door.requests.count == 1)
        second.stop()
        #expect(await failure { _ = try await store.head("k", ReadConditions()) }?.reason == .unreachable)
        #expect(await failure { _ = try await store.head("k", ReadConditions()) }?.reason == .unreachable)
        #expect(door.requests.count == 2, "the first place was asked again")
        door.stop()
        await bucket.end()
    }
}
