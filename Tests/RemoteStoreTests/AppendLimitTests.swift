import Credentials
import FileSystemTypes
import HTTPTransport
import ObjectStorage
import RemoteStore
import Testing

/// What OBS says to an append too many, in both of its forms.
@Suite(.timeLimit(.minutes(1))) struct AppendLimitTests {
    @Test(arguments: [StoreClient.Signature.obs, .v2])
    func anObjectIsFull(signature: StoreClient.Signature) async throws {
        let server = try await DialectServer("obs", pieces: 3)
        let endpoint = try #require(Endpoint(server.endpoint))
        var configuration = StoreClient.Configuration(endpoint: endpoint, region: "us-east-1")
        configuration.signature = signature
        configuration.dialect = signature == .obs ? .obs : .obsCompatible
        configuration.addressing = .path
        let keys = EnvironmentProvider(["AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"])
        let client = StoreClient(configuration, transport: HTTPTransport(), credentials: CredentialsChain([keys]), logger: EmbeddedBucket.silent)
        try await RemoteBuckets(client).createBucket(BucketName("bucket"))
        let store = RemoteStore(client, bucket: BucketName("bucket"))
        for position in 0..<3 {
            _ = try await store.append("log", at: Int64(position), BytesSource(Bytes([UInt8(position)])), ObjectAttributes())
        }
        let error = await #expect(throws: StoreError.self) {
            try await store.append("log", at: 3, BytesSource(Bytes([3])), ObjectAttributes())
        }
        #expect(error?.reason == .notAppendable && error?.status == 409)
        #expect(try await store.get("log", range: nil, ReadConditions()).collect().contiguous == [0, 1, 2])
        await server.end()
    }
}
