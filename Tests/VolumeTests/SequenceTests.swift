import FileSystemTypes
import ObjectStorage
import TestSupport
import Testing
import Volume

/// Seeded sequences of operations on a volume, held against the reference model.
@Suite struct SequenceTests {
    @Test(.timeLimit(.minutes(5))) func agreesWithTheModel() async throws {
        let check = SequenceCheck(OperationGenerator(), fresh: { try await VolumeUnderTest() }, finish: { $0.remove() })
        for seed in SeededGenerator.seeds(300) { try await check.run(seed: seed, length: 60) }
    }

    /// Nothing is believed for long, so what other clients do is seen at once.
    @Test(.timeLimit(.minutes(5))) func agreesWithTheModelWhileOthersChangeTheBucket() async throws {
        let check = SequenceCheck(OperationGenerator(remote: true), fresh: { try await VolumeUnderTest(ttl: .zero) }, finish: { $0.remove() })
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
                OperationGenerator(), fresh: { try await VolumeUnderTest(faults: plan, seed: seed) },
                finish: { volume in
                    #expect(volume.faults.failures > 0 || volume.faults.requests.count < 60)
                    volume.remove()
                })
            try await check.run(seed: seed, length: 60)
        }
    }

    @Test(.timeLimit(.minutes(5))) func agreesWithTheModelBelowAPrefix() async throws {
        let check = SequenceCheck(
            OperationGenerator(), fresh: { try await VolumeUnderTest(configure: { $0.prefix = "some/place/" }) }, finish: { $0.remove() })
        for seed in SeededGenerator.seeds(50) { try await check.run(seed: seed, length: 60) }
    }

    /// Whatever verbs the store has: plans differ, contents do not.
    @Test(.timeLimit(.minutes(5)), arguments: Capabilities.varieties.indices)
    func agreesWithTheModelOnEveryKindOfStore(_ variety: Int) async throws {
        let capabilities = Capabilities.varieties[variety]
        let check = SequenceCheck(
            OperationGenerator(), fresh: { try await VolumeUnderTest(capabilities: capabilities) }, finish: { $0.remove() })
        for seed in SeededGenerator.seeds(60) { try await check.run(seed: seed, length: 60) }
    }

    /// What close(2) has acknowledged is seen at once and stored in the end.
    @Test(.timeLimit(.minutes(5)), arguments: [0, 3])
    func agreesWithTheModelWithWriteBack(_ milliseconds: Int) async throws {
        let check = SequenceCheck(
            OperationGenerator(),
            fresh: {
                try await VolumeUnderTest { options in
                    options.writesBack = true
                    options.writeBackDelay = .milliseconds(milliseconds)
                }
            },
            finish: { volume in
                #expect(await volume.volume.drain().isEmpty)
                #expect(volume.volume.pending.files == 0)
                volume.remove()
            })
        for seed in SeededGenerator.seeds(100) { try await check.run(seed: seed, length: 60) }
    }

    /// A fifth of all operations comes after a crash: whatever was acknowledged before is there.
    @Test(.timeLimit(.minutes(5)), arguments: [false, true])
    func agreesWithTheModelThroughCrashes(_ writesBack: Bool) async throws {
        for seed in SeededGenerator.seeds(60) {
            let check = SequenceCheck(
                OperationGenerator(),
                fresh: {
                    try await VolumeUnderTest(ttl: .zero, seed: seed, ending: .crash) { options in
                        options.writesBack = writesBack
                        options.writeBackDelay = .milliseconds(2)
                    }
                }, finish: { $0.remove() })
            try await check.run(seed: seed, length: 60)
        }
    }

    /// Negative control: with write-back, what is not on the local disk does not survive.
    @Test(.timeLimit(.minutes(2))) func noticesAJournalThatForgets() async throws {
        let volume = try await VolumeUnderTest(seed: 1) { options in
            options.writesBack = true
            options.writeBackDelay = .seconds(60)
        }
        defer { volume.remove() }
        let path = try #require(TreePath("file"))
        #expect(await volume.apply(.overwrite(path, Payload(seed: 1, count: 100))) == .done)
        try await volume.crash()
        #expect(await volume.apply(.stat(path)) == .status(kind: .regular, size: 100))
        try await volume.crash(forgetting: true)
        #expect(await volume.apply(.stat(path)) == .failed(.noSuchFile))
    }

    /// Once the kernel has forgotten everything, nothing is remembered.
    @Test(.timeLimit(.minutes(2))) func forgetsWhatTheKernelForgets() async throws {
        let volume = try await VolumeUnderTest()
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
            OperationGenerator(), fresh: { try await VolumeUnderTest(faults: [Fault(.nth(3), of: [.put], error: lost)]) }, finish: { $0.remove() })
        await #expect(throws: SequenceFailure.self) {
            for seed in 1...20 as ClosedRange<UInt64> { try await check.run(seed: seed, length: 60) }
        }
    }
}
