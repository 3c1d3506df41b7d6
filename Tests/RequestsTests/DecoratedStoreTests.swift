import ConformanceSupport
import Logging
import ObjectStorage
import Requests
import TestSupport
import Testing

/// All decorators on one another, through everything that a store promises (the suite of promises itself is checked with the other stores).
@Suite struct DecoratedStoreTests {
    /// Every slot is left again, whatever fails.
    @Test(.timeLimit(.minutes(1))) func nothingRemains() async throws {
        let gate = RequestGate()
        var limits = StoreLimits.s3
        limits.minimumPart = 1000
        limits.deleteBatch = 10
        let store = MemoryStore(limits: limits)
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let connection = StoreConnection(service: store) { name in
            let faults = [
                Fault(.rate(0.1)), Fault(.rate(0.2), of: [.get], .withinBody(after: 1), error: Fault.connectionLost),
                Fault(.rate(0.1), error: StoreError(.throttled, "slow down", status: 503)),
            ]
            return FaultingStore(store.bucket(name), faults: faults).scheduled(by: gate, policy: .brief, logger: quiet).view(.readAhead)
        }
        await withTaskGroup(of: Void.self) { group in
            for promise in StorePromise.all { group.addTask { try? await connection.check(promise) } }
            await group.waitForAll()
        }
        await eventually("all slots are free") { gate.figures.inFlight == 0 && gate.figures.waiting == 0 }
        #expect(gate.figures.counters.sent > 300)
        #expect(gate.figures.counters.throttled > 10)
    }
}
