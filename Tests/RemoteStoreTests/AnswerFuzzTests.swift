import Credentials
import FileSystemTypes
import HTTPTransport
import ObjectStorage
import RemoteStore
import Synchronization
import TestSupport
import Testing

/// The whole client against a server whose answers are broken: every operation ends, in a value or an error.
@Suite(.timeLimit(.minutes(30)), .serialized) struct AnswerFuzzTests {
    /// A server that gives whoever asks the answer of the moment, and the client for it.
    private final class Peer: Sendable {
        private let answer = Mutex<[UInt8]>([])
        private let server = Mutex<ScriptedServer?>(nil)
        private let transport: HTTPTransport
        private let endpoint: Endpoint

        init() throws {
            var options = TransportOptions()
            // A body that ends before its time is not to be waited for.
            options.idleTimeout = .milliseconds(500)
            options.connectTimeout = .seconds(5)
            transport = HTTPTransport(options)
            endpoint = try #require(Endpoint("http://127.0.0.1:1"))
        }

        func start() throws -> Peer.Started {
            let server = try ScriptedServer { [self] _ in .bytesAndClose(answer.withLock { $0 }) }
            return Started(peer: self, server: server, endpoint: try #require(Endpoint(server.url)))
        }

        struct Started: Sendable {
            let peer: Peer
            let server: ScriptedServer
            let endpoint: Endpoint

            /// A client that knows nothing yet, for answers that are these bytes.
            func client(_ dialect: Dialect, answering bytes: [UInt8]) -> StoreClient {
                peer.answer.withLock { $0 = bytes }
                var configuration = StoreClient.Configuration(endpoint: endpoint, region: "us-east-1")
                configuration.dialect = dialect
                let keys = EnvironmentProvider(["AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"])
                return StoreClient(
                    configuration, transport: peer.transport, credentials: CredentialsChain([keys]), logger: EmbeddedBucket.silent)
            }
        }
    }

    private static let upload = Upload(key: "k", id: UploadID("u"))
    private static let body = BytesSource(Bytes("x"))

    private static func answer(_ document: [UInt8], _ status: String) -> [UInt8] {
        Array("HTTP/1.1 \(status)\r\nContent-Length: \(document.count)\r\nx-amz-request-id: 1\r\n\r\n".utf8) + document
    }

    /// Each operation that reads a document, by what it begins with.
    private static let readers: [(name: String, document: String, read: @Sendable (RemoteStore, RemoteBuckets) async throws -> Void)] = [
        ("list version 2", Answers.list2, { store, _ in _ = try await store.list(ListRequest()) }),
        ("parts", Answers.parts, { store, _ in _ = try await store.listParts(upload) }),
        ("uploads", Answers.uploads, { store, _ in _ = try await store.listUploads(prefix: "") }),
        ("a begun upload", Answers.initiated, { store, _ in _ = try await store.createUpload("k", ObjectAttributes()) }),
        (
            "a completion", Answers.completed,
            { store, _ in _ = try await store.completeUpload(upload, parts: [UploadedPart(number: 1, etag: ETag("a"))], .always) }
        ),
        ("a copy", Answers.copied, { store, _ in _ = try await store.copy(CopyRequest(source: "s", destination: "k")) }),
        (
            "a copied part", Answers.partCopied,
            { store, _ in
                _ = try await store.copyPart(upload, number: 1, from: "s", range: ByteRange(offset: 0, count: 1), ifSourceMatches: nil)
            }
        ),
        ("deletions", Answers.deleted, { store, _ in _ = try await store.delete(["a", "b"] as [Key]) }),
        ("buckets", Answers.buckets, { _, buckets in _ = try await buckets.listBuckets() }),
    ]

    @Test(arguments: 0..<9) func answersWithDocuments(index: Int) async throws {
        let (name, document, read) = Self.readers[index]
        let peer = try Peer().start()
        defer { peer.server.stop() }
        let run = FuzzRun("answers with \(name)", count: 400)
        let outcome = try await run(Answers.bytes([document, document.replacing("true", with: "false"), Answers.errors[0]])) { bytes in
            let client = peer.client(.s3, answering: Self.answer(bytes, "200 OK"))
            try await read(RemoteStore(client, bucket: BucketName("b")), RemoteBuckets(client))
        }
        #expect(outcome.accepted > 0 && outcome.refused > 50, "\(outcome)")
    }

    @Test(arguments: ["301 Moved", "400 Bad", "403 No", "404 No", "409 No", "412 No", "500 No", "503 Slow"])
    func errorBodies(status: String) async throws {
        let peer = try Peer().start()
        defer { peer.server.stop() }
        let run = FuzzRun("errors with status \(status)", count: 300)
        let dialects = [Dialect.s3, .obs, .cos, .oos]
        let turn = Mutex(0)
        let outcome = try await run(Answers.bytes(Answers.errors)) { bytes in
            let dialect = turn.withLock { turn in
                turn += 1
                return dialects[turn % dialects.count]
            }
            let client = peer.client(dialect, answering: Self.answer(bytes, status))
            _ = try await RemoteStore(client, bucket: BucketName("b")).get("k", range: nil, ReadConditions())
        }
        #expect(outcome.accepted == 0, "an error was taken for an answer")
    }

    @Test func heads() async throws {
        let peer = try Peer().start()
        defer { peer.server.stop() }
        let run = FuzzRun("heads of answers", count: 2000)
        let turn = Mutex(0)
        let outcome = try await run(Answers.bytes(Answers.heads)) { bytes in
            let number = turn.withLock { turn in
                turn += 1
                return turn
            }
            let store = RemoteStore(peer.client(number % 2 == 0 ? .s3 : .obs, answering: bytes), bucket: BucketName("b"))
            switch number % 4 {
            case 0: _ = try await store.head("k", ReadConditions())
            case 1: _ = try await store.get("k", range: ByteRange(offset: 2, count: 4), ReadConditions()).collect()
            case 2: _ = try await store.get("k", range: nil, ReadConditions()).collect()
            default:
                // PUTs, appends and all others read no more of a head than this.
                _ = try await store.put("k", Self.body, ObjectAttributes(), .always)
            }
        }
        #expect(outcome.accepted > 0 && outcome.refused > 50, "\(outcome)")
    }
}
