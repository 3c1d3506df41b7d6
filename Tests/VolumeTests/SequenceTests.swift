import FileSystemTypes
import ObjectStorage
import TestSupport
import Testing
import Volume

/// Seeded sequences of operations on a volume, held against the reference model.
@Suite struct SequenceTests {
    @Test(.timeLimit(.minutes(5))) func agreesWithTheModel() async throws {
        let check = SequenceCheck(OperationGenerator(), fresh: { try VolumeUnderTest() }, finish: { $0.remove() })
        for seed in SeededGenerator.seeds(300) { try await check.run(seed: seed, length: 60) }
    }

    /// Nothing is believed for long, so what other clients do is seen at once.
    @Test(.timeLimit(.minutes(5))) func agreesWithTheModelWhileOthersChangeTheBucket() async throws {
        let check = SequenceCheck(OperationGenerator(remote: true), fresh: { try VolumeUnderTest(ttl: .zero) }, finish: { $0.remove() })
        for seed in SeededGenerator.seeds(300) { try await check.run(seed: seed, length: 60) }
    }

    /// A tenth of all requests fails, half of those after the store has done the work: programs notice nothing.
    @Test(.timeLimit(.minutes(5))) func agreesWithTheModelThroughAFailingStore() async throws {
        let plan = [
            Fault(.rate(0.05)), Fault(.rate(0.03), .after, error: Fault.connectionLost),
            Fault(.rate(0.05), of: [.get], .withinBody(after: 1500), error: Fault.connectionLost),
        ]
        for seed in SeededGenerator.seeds(150) {
            let check = SequenceCheck(
                OperationGenerator(), fresh: { try VolumeUnderTest(faults: plan, seed: seed) },
                finish: { volume in
                    #expect(volume.faults.failures > 0 || volume.faults.requests.count < 60)
                    volume.remove()
                })
            try await check.run(seed: seed, length: 60)
        }
    }

    @Test(.timeLimit(.minutes(5))) func agreesWithTheModelBelowAPrefix() async throws {
        let check = SequenceCheck(
            OperationGenerator(), fresh: { try VolumeUnderTest(configure: { $0.prefix = "some/place/" }) }, finish: { $0.remove() })
        for seed in SeededGenerator.seeds(50) { try await check.run(seed: seed, length: 60) }
    }

    /// Once the kernel has forgotten everything, nothing is remembered.
    @Test(.timeLimit(.minutes(2))) func forgetsWhatTheKernelForgets() async throws {
        let volume = try VolumeUnderTest()
        defer { volume.remove() }
        for seed in SeededGenerator.seeds(20) {
            for operation in OperationGenerator().sequence(seed: seed, length: 60) { _ = await volume.apply(operation) }
            #expect(volume.volume.knownInodes == 1, "only the top is left after seed \(seed)")
        }
    }

    /// Negative control: a store that loses a write is noticed.
    @Test(.timeLimit(.minutes(2))) func noticesAStoreThatLosesAWrite() async throws {
        let lost = StoreError(.invalidRequest, "refused for the test")
        let check = SequenceCheck(
            OperationGenerator(), fresh: { try VolumeUnderTest(faults: [Fault(.nth(3), of: [.put], error: lost)]) }, finish: { $0.remove() })
        await #expect(throws: SequenceFailure.self) {
            for seed in 1...20 as ClosedRange<UInt64> { try await check.run(seed: seed, length: 60) }
        }
    }
}
