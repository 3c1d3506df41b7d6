import FileSystemTypes
import Foundation
import StoreServer
import TestSupport
import Testing
import Volume

/// The same operations on a mounted bucket and on a local directory: results, error numbers, names, sizes and bytes must be the same.
@Suite(.enabled(if: MountedBucket.obstacle == nil), .serialized) struct DifferentialTests {
    @Test(.timeLimit(.minutes(5))) func behavesAsALocalDirectory() async throws {
        try await compare(seeds: SeededGenerator.seeds(60), length: 60)
    }

    /// A request in twenty fails, some of them after the work was done.
    @Test(.timeLimit(.minutes(10))) func behavesAsALocalDirectoryThroughAFailingStore() async throws {
        try await compare(
            seeds: SeededGenerator.seeds(25), length: 40,
            faults: [
                FaultRule(.error(status: 503, code: "SlowDown"), rate: 0.03), FaultRule(.reset(.beforeAnswer), rate: 0.01),
                FaultRule(.reset(.inBody, afterBytes: 1000), operations: [.getObject], rate: 0.02),
            ])
    }

    private func compare(seeds: [UInt64], length: Int, faults: [FaultRule] = []) async throws {
        let bucket = try await MountedBucket()
        do {
            for seed in seeds {
                bucket.server.setFaults(faults, seed: seed)
                try await compare(bucket, seed: seed, length: length)
                bucket.server.setFaults([])
                try await bucket.empty()
            }
        } catch {
            await bucket.end()
            throw error
        }
        // Asked before the mount ends: what the kernel still has to tell then, it drops.
        let remembered = await bucket.inodesOnceForgotten(within: .seconds(10))
        #expect(await bucket.end(), "the mount ended by itself when it was unmounted")
        #expect(remembered == 1, "nothing is remembered of what the kernel has forgotten")
    }

    private func compare(_ bucket: MountedBucket, seed: UInt64, length: Int) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("windlass-local-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let local = DirectoryDriver(top: folder.path)
        for (index, operation) in OperationGenerator().sequence(seed: seed, length: length).enumerated() {
            let expected = await local.apply(operation)
            let actual = await bucket.apply(operation)
            try #require(actual == expected, "WINDLASS_SEED=\(seed), operation \(index): \(operation)")
        }
        let (expected, actual) = (try await local.snapshot(), try await bucket.snapshot())
        #expect(actual == expected, "the trees differ after WINDLASS_SEED=\(seed)")
    }
}
