import FileSystemTypes
import PowerCutSupport
import TestSupport
import Testing
import Volume

/// The power goes between operations, with everything that was not brought to the disk: staged bytes, names, and what the journal had not committed.
@Suite struct PowerCutSequenceTests {
    private func check(_ seed: UInt64, without omission: PowerCutFiles.Omission? = nil, milliseconds: Int) -> SequenceCheck<VolumeUnderTest> {
        SequenceCheck(
            OperationGenerator(),
            fresh: {
                try await VolumeUnderTest(ttl: .zero, seed: seed, ending: .powerCut(without: omission)) { options in
                    (options.writesBack, options.syncsLocally) = (true, true)
                    options.writeBackDelay = .milliseconds(milliseconds)
                }
            },
            finish: { volume in
                let left = await volume.volume.drain()
                #expect(omission != nil || left.isEmpty)
                volume.remove()
            })
    }

    /// Everything that close(2) or a local fsync(2) has acknowledged is there.
    @Test(.timeLimit(.minutes(5)), arguments: [0, 20]) func agreesWithTheModelThroughPowerCuts(_ milliseconds: Int) async throws {
        for seed in SeededGenerator.seeds(50) { try await check(seed, milliseconds: milliseconds).run(seed: seed, length: 60) }
    }

    /// Negative controls: a forgotten sync is found, by one of the first sequences. Nothing is uploaded before its end, however long it takes.
    @Test(.timeLimit(.minutes(2)), arguments: [PowerCutFiles.Omission.data, .names])
    func aForgottenSyncIsFound(_ omission: PowerCutFiles.Omission) async throws {
        var isFound = false
        for seed in SeededGenerator.seeds(20) where !isFound {
            isFound = try await check(seed, without: omission, milliseconds: 3_600_000).fails(seed: seed, length: 60)
        }
        #expect(isFound)
    }

    /// fsync(2) of a file that stays open: what is written afterwards may be lost, and nothing else.
    @Test(.timeLimit(.minutes(2)), arguments: SeededGenerator.seeds(20)) func whatWasSyncedIsThere(_ seed: UInt64) async throws {
        let test = try await VolumeUnderTest(ttl: .zero, seed: seed, ending: .powerCut(without: nil)) { options in
            (options.writesBack, options.syncsLocally, options.writeBackDelay) = (true, true, .seconds(60))
        }
        defer { test.remove() }
        var dice = SeededGenerator(seed: seed)
        var content: [UInt8] = []
        let name = try #require(FileName(Array("file".utf8)))
        let made = try await test.volume.create(
            name, in: .root, permissions: 0o644, options: OpenOptions(mode: .readWrite), for: Caller(userID: 0, groupID: 0, processID: 1))
        for round in 0..<Int.random(in: 1...4, using: &dice) {
            let bytes = Payload(seed: seed &+ UInt64(round), count: Int.random(in: 1...90_000, using: &dice)).bytes
            try await test.volume.write(made.opened.handle, at: Int64(content.count), Bytes(bytes))
            content += bytes
            try await test.volume.synchronize(made.opened.handle, dataOnly: false)
        }
        try await test.volume.write(made.opened.handle, at: 0, Bytes([UInt8](repeating: 0xEE, count: content.count / 2 + 1)))
        try await test.crash()
        let path = try #require(TreePath("file"))
        #expect(await test.apply(.read(path, at: 0, count: content.count + 10)) == .bytes(content))
    }
}
