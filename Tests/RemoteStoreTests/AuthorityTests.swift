import Credentials
import FileSystemTypes
import Foundation
import HTTPTransport
import Logging
import ObjectStorage
import RemoteStore
import StoreServer
import Synchronization
import Testing

/// By what right requests go out, and what happens when the store refuses it.
@Suite(.timeLimit(.minutes(2))) struct AuthorityTests {
    /// A source of credentials that a test changes, and that counts how often it is asked.
    private final class Source: CredentialsProvider {
        let name = "the test's source"
        private let state: Mutex<(authority: Authority, asked: Int)>

        init(_ authority: Authority) { state = Mutex((authority, 0)) }

        var asked: Int { state.withLock { $0.asked } }

        func set(_ authority: Authority) { state.withLock { $0.authority = authority } }

        func authority() async throws(CredentialsError) -> Authority? {
            let authority = state.withLock { state in
                state.asked += 1
                return state.authority
            }
            // Slow enough for others to come while it is asked.
            try? await Task.sleep(for: .milliseconds(50))
            return authority
        }
    }

    /// What was logged.
    private struct Lines: LogHandler {
        final class Storage: Sendable {
            private let lines = Mutex<[String]>([])
            var all: [String] { lines.withLock { $0 } }
            func add(_ line: String) { lines.withLock { $0.append(line) } }
        }

        let storage: Storage
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { storage.add("\(event.level) \(event.message)") }
    }

    private let good = Authority.keys(Credentials(accessKeyID: "key", secretAccessKey: "secret"))
    private let bad = Authority.keys(Credentials(accessKeyID: "key", secretAccessKey: "wr0ng-one"))
    private let log = Lines.Storage()

    private func with(_ source: Source, _ body: (RemoteStore, StoreClient) async throws -> Void) async throws {
        let bucket = try await EmbeddedBucket()
        let endpoint = try #require(Endpoint(bucket.server.endpoint))
        let storage = log
        let client = StoreClient(
            StoreClient.Configuration(endpoint: endpoint, region: "us-east-1"), transport: HTTPTransport(),
            credentials: CredentialsChain([source]), logger: Logger(label: "test") { _ in Lines(storage: storage) })
        do {
            try await body(RemoteStore(client, bucket: BucketName("bucket")), client)
        } catch {
            await bucket.end()
            throw error
        }
        await bucket.end()
    }

    @Test func manyRequestsAtOnceSurviveARotation() async throws {
        let source = Source(bad)
        try await with(source) { store, _ in
            await #expect(throws: StoreError.self) { try await store.list(ListRequest()) }
            source.set(good)
            try await Task.sleep(for: .milliseconds(1100))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        _ = try await store.put(Key("k\(number)"), BytesSource(Bytes(Array("x".utf8))), ObjectAttributes(), .always)
                    }
                }
                try await group.waitForAll()
            }
            #expect(source.asked < 6, "asked \(source.asked) times")
        }
    }

    @Test func aRefusalNamesTheSourceOnceAndNoSecret() async throws {
        let source = Source(bad)
        try await with(source) { store, client in
            for _ in 0..<5 {
                let error = await #expect(throws: StoreError.self) { try await store.list(ListRequest()) }
                #expect(error?.reason == .badCredentials)
                #expect(error?.description.contains("the test's source") == true)
                #expect(error?.description.contains("wr0ng-one") == false)
            }
            let named = log.all.filter { $0.hasPrefix("error") && $0.contains("the test's source") }
            #expect(named.count == 1, "\(log.all)")
            #expect(!log.all.contains { $0.contains("wr0ng-one") })
        }
    }

    /// The answer to HEAD does not say why it refuses.
    @Test func headWithRefusedKeysIsSentAgainToo() async throws {
        let source = Source(bad)
        try await with(source) { store, _ in
            var error = await #expect(throws: StoreError.self) { try await store.head("a", ReadConditions()) }
            #expect(error?.reason == .badCredentials)
            source.set(good)
            try await Task.sleep(for: .milliseconds(1100))
            error = await #expect(throws: StoreError.self) { try await store.head("a", ReadConditions()) }
            #expect(error?.reason == .noSuchKey)
        }
    }

    @Test func anonymousRequestsCarryNothing() async throws {
        try await with(Source(.anonymous)) { store, _ in
            let error = await #expect(throws: StoreError.self) { try await store.list(ListRequest()) }
            #expect(error?.reason == .accessDenied)
        }
    }
}
