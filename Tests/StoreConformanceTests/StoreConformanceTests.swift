import ConformanceSupport
import FileSystemTypes
import Foundation
import ObjectStorage
import TestSupport
import Testing

@Suite struct StoreConformanceTests {
    /// One store and one of the promises that it should keep.
    struct Pair: Sendable, CustomTestStringConvertible {
        let store: StoreUnderTest
        let promise: StorePromise

        var testDescription: String { "\(store): \(promise)" }

        static let all = StoreUnderTest.all.flatMap { store in
            StorePromise.all.filter { store.traits.reasonToSkip($0) == nil }.map { Pair(store: store, promise: $0) }
        }
    }

    @Test(.timeLimit(.minutes(2)), arguments: Pair.all)
    func keepsItsPromise(pair: Pair) async throws {
        try await pair.store.connect().check(pair.promise)
    }

    /// The promises that are not checked, with the reason, in the log of every run.
    @Test(.timeLimit(.minutes(1))) func namesWhatItLeavesOut() {
        for store in StoreUnderTest.all {
            #expect(store.traits.unknownFeatures == [], "\(store)")
            for promise in StorePromise.all {
                if let reason = store.traits.reasonToSkip(promise) { print("skipped: \(store): \(promise): \(reason)") }
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func readsServersFromAFile() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("windlass-servers-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        let json = """
            [{"name": "one", "endpoint": "http://127.0.0.1:1", "accessKey": "a", "secretKey": "s", "region": "r",
              "traits": {"missing": {"partCopy": "it has none"}}}]
            """
        try Data(json.utf8).write(to: file)
        let servers = try ExternalServer.configured(["WINDLASS_TEST_SERVERS": file.path])
        #expect(servers.map(\.name) == ["one"])
        #expect(servers.first?.traits == StoreTraits(missing: [.partCopy: "it has none"]))
        #expect(throws: (any Error).self) { try ExternalServer.configured(["WINDLASS_TEST_SERVERS": file.path + ".missing"]) }
    }
}

/// Negative controls: a store that breaks a promise is found out.
@Suite struct BrokenStoreTests {
    /// What `break` does to each request of a store in memory.
    private func broken(by faults: [Fault]) -> StoreConnection {
        let store = MemoryStore(capabilities: .inPlace)
        return StoreConnection(service: store) { FaultingStore(store.bucket($0), faults: faults) }
    }

    @Test(.timeLimit(.minutes(1))) func everyPromiseNeedsAStoreThatAnswers() async {
        let answersNothing = broken(by: [Fault(.first(100))])
        for promise in StorePromise.all where !BrokenStoreTests.ofBucketsAlone.contains(promise.name) {
            await #expect(throws: (any Error).self, "\(promise)") { try await answersNothing.check(promise) }
        }
    }

    /// These never reach the objects that the faults are about.
    private static let ofBucketsAlone: Set = ["a bucket is there once it is made", "a deleted bucket is gone"]

    /// A store that ignores what it should check, one wrong thing at a time.
    @Test(.timeLimit(.minutes(1)), arguments: CarelessStore.Flaw.allCases)
    func findsAFlaw(flaw: CarelessStore.Flaw) async {
        let store = MemoryStore(capabilities: .inPlace)
        let connection = StoreConnection(service: store) { CarelessStore(inner: store.bucket($0), flaw: flaw) }
        var found: [String] = []
        for promise in StorePromise.all where (try? await connection.check(promise)) == nil { found.append(promise.name) }
        #expect(!found.isEmpty, "no promise notices \(flaw)")
        #expect(found.count < StorePromise.all.count / 2, "\(flaw) breaks more than it should: \(found)")
    }
}
