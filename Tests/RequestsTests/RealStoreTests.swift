import Credentials
import FileSystemTypes
import Foundation
import HTTPTransport
import Logging
import ObjectStorage
import RemoteStore
import Requests
import StoreServer
import Synchronization
import Testing

/// The whole of it over HTTP: the embedded store, slow and refusing.
@Suite(.serialized) struct RealStoreTests {
    private static let readers = 64

    private struct Outcome {
        var latencies: [Duration] = []
        var figures: RequestFigures
        var requests: Int
        var errors: Int

        func latency(_ quantile: Double) -> Duration {
            let sorted = latencies.sorted()
            return sorted.isEmpty ? .zero : sorted[min(sorted.count - 1, Int(quantile * Double(sorted.count)))]
        }
    }

    /// Each of 64 readers reads so many objects, one after the other, while the store misbehaves by `rules`.
    private func read(_ count: Int, rules: [FaultRule], _ options: RequestScheduler.Options = RequestScheduler.Options()) async throws -> Outcome {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("windlass-requests-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try await StoreServer.start(
            StoreServer.Configuration(folder: folder.path, port: 0, accessKey: "key", secretKey: "secret", region: "us-east-1"))
        let gate = RequestGate(options)
        let store = try await store(server, gate)
        let size = 20_000
        for number in 0..<20 {
            let body = BytesSource(Bytes([UInt8](repeating: UInt8(number), count: size)))
            _ = try await store.put(Key("object-\(number)"), body, ObjectAttributes(), .always)
        }
        server.setFaults(rules, seed: 1)
        server.resetCounters()
        let latencies = try await latencies(store, count, size)
        let counter = server.count(.getObject)
        await server.stop()
        return Outcome(latencies: latencies, figures: gate.figures, requests: Int(counter.requests), errors: Int(counter.errors))
    }

    private func store(_ server: StoreServer, _ gate: RequestGate) async throws -> any ObjectStore {
        let endpoint = try #require(Endpoint(server.endpoint))
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var transport = TransportOptions()
        transport.maximumConnections = 256
        let keys = EnvironmentProvider(["AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"])
        let client = StoreClient(
            StoreClient.Configuration(endpoint: endpoint, region: "us-east-1"), transport: HTTPTransport(transport),
            credentials: CredentialsChain([keys]), logger: logger)
        try await RemoteBuckets(client).createBucket(BucketName("bucket"))
        return RemoteStore(client, bucket: BucketName("bucket")).scheduled(by: gate, policy: RetryPolicy(), logger: logger)
    }

    private func latencies(_ store: any ObjectStore, _ count: Int, _ size: Int) async throws -> [Duration] {
        try await withThrowingTaskGroup(of: [Duration].self) { group in
            for reader in 0..<Self.readers {
                group.addTask {
                    var latencies: [Duration] = []
                    for turn in 0..<count {
                        let number = (reader * 7 + turn) % 20
                        // Each its own range: nothing to be merged.
                        let range = ByteRange(offset: Int64(reader), count: Int64(size / 2 + turn))
                        let start = ContinuousClock.now
                        let bytes = try await store.get(Key("object-\(number)"), range: range, ReadConditions()).collect()
                        latencies.append(ContinuousClock.now - start)
                        #expect(bytes == Bytes([UInt8](repeating: UInt8(number), count: Int(range.count))))
                    }
                    return latencies
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    @Test(.timeLimit(.minutes(2))) func stragglersAreOvertaken() async throws {
        let rules = [
            FaultRule(.latency(milliseconds: 20, jitter: 10), operations: [.getObject]),
            FaultRule(.latency(milliseconds: 1500, jitter: 0), operations: [.getObject], rate: 0.02),
        ]
        let hedged = try await read(60, rules: rules)
        var options = RequestScheduler.Options()
        options.hedging.isOn = false
        let plain = try await read(60, rules: rules, options)
        print("p50 \(plain.latency(0.5)) -> \(hedged.latency(0.5)), p99 \(plain.latency(0.99)) -> \(hedged.latency(0.99)), \(hedged.figures)")
        #expect(hedged.figures.counters.hedged <= hedged.figures.counters.sent / 20 + 10)
        #expect(plain.latency(0.99) > .milliseconds(1400))
        #expect(hedged.latency(0.99) < .milliseconds(1000))
        #expect(hedged.figures.inFlight == 0)
    }

    @Test(.timeLimit(.minutes(2))) func aStoreThatRefusesIsAskedLess() async throws {
        let rules = [
            FaultRule(.latency(milliseconds: 20, jitter: 10), operations: [.getObject]),
            FaultRule(.error(status: 503, code: "SlowDown", retryAfter: nil), operations: [.getObject], rate: 0.05),
        ]
        let outcome = try await read(20, rules: rules)
        print("refused \(outcome.errors) of \(outcome.requests), \(outcome.figures)")
        #expect(outcome.latencies.count == Self.readers * 20)
        #expect(outcome.figures.counters.throttled == outcome.errors)
        #expect(outcome.figures.limit < 32)
        #expect(outcome.figures.inFlight == 0)
    }
}
