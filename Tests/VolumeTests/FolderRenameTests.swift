import FileSystemTypes
import ObjectStorage
import TestSupport
import Testing
import Volume

/// Renames of folders and exchanges, each request of which fails once.
@Suite(.timeLimit(.minutes(3))) struct FolderRenameTests {
    private let caller = Caller(userID: 0, groupID: 0, processID: 1)

    private func name(_ text: String) throws -> FileName { try #require(FileName(Array(text.utf8))) }

    private func made(_ capabilities: Capabilities) async throws -> VolumeUnderTest {
        let test = try await VolumeUnderTest(ttl: .zero, capabilities: capabilities) { $0.renameRetry = .milliseconds(20) }
        for folder in ["old/", "old/sub/", "other/"] { try await put(Key(folder), "", in: test) }
        for (key, text) in [("old/a", "1"), ("old/sub/b", "2"), ("old/sub/c", "3"), ("other/a", "4"), ("other/d", "5")] {
            try await put(Key(key), text, in: test)
        }
        return test
    }

    private func put(_ key: Key, _ text: String, in test: VolumeUnderTest) async throws {
        _ = try await test.bucket.put(key, BytesSource(Bytes(text)), ObjectAttributes(), .always)
    }

    /// A rename that is gone on with takes objects away meanwhile: they are left out.
    private func contents(_ test: VolumeUnderTest) async throws -> [Key: [UInt8]] {
        var found: [Key: [UInt8]] = [:]
        for object in try await test.bucket.list(ListRequest()).objects {
            do {
                found[object.key] = try await test.bucket.get(object.key, range: nil, ReadConditions()).collect().contiguous
            } catch {
                guard error.reason == .noSuchKey else { throw error }
            }
        }
        return found
    }

    private func renamed(_ before: [Key: [UInt8]], _ mode: RenameMode) -> [Key: [UInt8]] {
        var after: [Key: [UInt8]] = [:]
        for (key, bytes) in before {
            let text = key.description
            if text.hasPrefix("old/") {
                after[Key((mode == .exchange ? "other/" : "new/") + text.dropFirst(4))] = bytes
            } else {
                after[Key((mode == .exchange ? "old/" : "other/") + text.dropFirst(6))] = bytes
            }
        }
        return after
    }

    /// Each request in turn is refused for good: the rename fails and nothing has changed, or what has begun is brought to its end.
    @Test(arguments: [RenameMode.replace, .exchange], [0, 4]) func isWholeWhicheverRequestIsRefused(_ mode: RenameMode, _ variety: Int) async throws {
        let refusal = StoreError(.accessDenied, "refused for the test", status: 403)
        var wasRefused = 0
        for number in 1...100 {
            let test = try await made(Capabilities.varieties[variety])
            defer { test.remove() }
            let before = try await contents(test)
            test.faults.setFaults([Fault(.nth(number), error: refusal)])
            let outcome = await rename(test, mode)
            let hasFailed = test.faults.failures > 0
            test.faults.setFaults([])
            let wanted = outcome == nil ? renamed(before, mode) : before
            if try await contents(test) != wanted {
                // It could not be taken back any more: it is gone on with.
                for _ in 0..<200 where try await contents(test) != renamed(before, mode) { try await Task.sleep(for: .milliseconds(20)) }
                #expect(try await contents(test) == renamed(before, mode), "request \(number)")
            }
            guard hasFailed else { break }
            wasRefused += 1
        }
        #expect(wasRefused > 4)
    }

    private func rename(_ test: VolumeUnderTest, _ mode: RenameMode) async -> Errno? {
        do {
            let target = try name(mode == .exchange ? "other" : "new")
            try await test.volume.rename(try name("old"), in: .root, to: target, in: .root, mode: mode, for: caller)
            return nil
        } catch {
            return error as? Errno ?? .inputOutput
        }
    }

    /// Answers that are lost change nothing: whether the store has done what it was asked for is found out.
    @Test(arguments: [RenameMode.replace, .exchange], Array(Capabilities.varieties.indices))
    func noticesNothingOfLostAnswers(_ mode: RenameMode, _ variety: Int) async throws {
        for seed in 1...8 as ClosedRange<UInt64> {
            let test = try await made(Capabilities.varieties[variety])
            defer { test.remove() }
            let before = try await contents(test)
            test.faults.setFaults([Fault(.rate(0.1)), Fault(.rate(0.2), .after, error: Fault.connectionLost)])
            #expect(await rename(test, mode) == nil, "seed \(seed)")
            #expect(try await contents(test) == renamed(before, mode))
        }
    }

    /// The process ends before each request in turn, and the next volume finds a whole tree.
    @Test(arguments: [RenameMode.replace, .exchange], [0, 4]) func isWholeAfterACrashAtEachRequest(_ mode: RenameMode, _ variety: Int) async throws {
        let gone = StoreError(.unreachable, "the process is gone")
        for number in 1...60 {
            let test = try await made(Capabilities.varieties[variety])
            defer { test.remove() }
            let before = try await contents(test)
            test.faults.setFaults([Fault(.from(number), error: gone)])
            let outcome = await rename(test, mode)
            try await test.crash()
            let found = try await contents(test)
            #expect(found == before || found == renamed(before, mode), "request \(number)")
            if outcome == nil {
                #expect(found == renamed(before, mode))
                #expect(number > 4)
                return
            }
        }
        Issue.record("the rename never comes to its end")
    }
}
