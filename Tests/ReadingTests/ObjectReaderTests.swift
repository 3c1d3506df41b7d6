import BlockCache
import Content
import Crypto
import FileSystemTypes
import Memory
import ObjectStorage
import Reading
import Synchronization
import TestSupport
import Testing

/// Readers over a store in memory: the bytes, the requests, and what happens to answers that are not right.
@Suite(.timeLimit(.minutes(1))) struct ObjectReaderTests {
    @Test func aSmallFileIsOneRequest() async throws {
        let test = try await ReaderUnderTest(size: 1 << 20)
        let reader = test.engine.open(test.version)
        for offset in stride(from: 0, to: 1 << 20, by: 128 << 10) {
            #expect(try await reader.bytes(offset, 128 << 10) == test.expected(offset, 128 << 10))
        }
        #expect(test.gets == 1)
        reader.close()
        #expect(test.memory.total == 0)
    }

    @Test(arguments: [true, false]) func everyByteIsRight(cached: Bool) async throws {
        let test = try await ReaderUnderTest(size: 20_000_123, cached: cached)
        let reader = test.engine.open(test.version)
        var generator = SeededGenerator(seed: 5)
        var next = 0
        for _ in 0..<400 {
            let count = Int.random(in: 1...300_000, using: &generator)
            if Int.random(in: 0..<4, using: &generator) == 0 { next = Int.random(in: 0..<20_000_123, using: &generator) }
            let bytes = try await reader.bytes(next, count)
            #expect(bytes == test.expected(next, count))
            next += bytes.count
        }
        reader.close()
        #expect(test.memory.used[.readAhead] == nil, "memory is not given back")
    }

    @Test func readersAtTheSameTimeAreRightToo() async throws {
        let test = try await ReaderUnderTest(size: 30 << 20)
        await withTaskGroup(of: Bool.self) { group in
            for lane in 0..<8 {
                group.addTask {
                    let reader = test.engine.open(test.version)
                    defer { reader.close() }
                    var generator = SeededGenerator(seed: UInt64(lane))
                    for step in 0..<60 {
                        let offset = lane % 2 == 0 ? step * 500_000 : Int.random(in: 0..<30 << 20, using: &generator)
                        guard (try? await reader.bytes(offset, 500_000)) == test.expected(offset, 500_000) else { return false }
                    }
                    return true
                }
            }
            for await isRight in group { #expect(isRight) }
        }
        #expect(test.memory.total == 0)
    }

    @Test func whatIsInMemoryIsAnsweredAtOnce() async throws {
        let test = try await ReaderUnderTest(size: 20 << 20)
        let reader = test.engine.open(test.version)
        defer { reader.close() }
        #expect(reader.readNow(ByteRange(offset: 0, count: 4096)) == nil)
        #expect(test.gets == 0, "asking has no effect")
        _ = try await reader.bytes(0, 1 << 20)
        _ = try await reader.bytes(1 << 20, 1 << 20)
        #expect(reader.readNow(ByteRange(offset: 1 << 20, count: 4096))?.contiguous == test.expected(1 << 20, 4096))
        #expect(reader.readNow(ByteRange(offset: 20 << 20, count: 4096))?.isEmpty == true)
    }

    @Test func twoHandlesShareWhatIsFetched() async throws {
        let test = try await ReaderUnderTest(size: 1 << 20, faults: [Fault(.every, of: [.get], error: nil, delay: .milliseconds(50))])
        let readers = (0..<4).map { _ in test.engine.open(test.version) }
        await withTaskGroup(of: Bool.self) { group in
            for reader in readers { group.addTask { (try? await reader.bytes(0, 1 << 20)) == test.content } }
            for await isRight in group { #expect(isRight) }
        }
        #expect(test.gets == 1)
        for reader in readers { reader.close() }
    }

    @Test func blocksAreReadFromTheCacheTheNextTime() async throws {
        let test = try await ReaderUnderTest(size: 5_000_000, cached: true)
        let first = test.engine.open(test.version)
        for offset in stride(from: 0, to: 5_000_000, by: 500_000) { _ = try await first.bytes(offset, 500_000) }
        first.close()
        let requests = test.gets
        let second = test.engine.open(test.version)
        for offset in stride(from: 0, to: 5_000_000, by: 500_000) {
            #expect(try await second.bytes(offset, 500_000) == test.expected(offset, 500_000))
        }
        #expect(second.readNow(ByteRange(offset: 123_456, count: 200_000))?.contiguous == test.expected(123_456, 200_000))
        second.close()
        #expect(test.gets == requests)
    }

    /// Blocks that were asked for here and there stay, whatever passes through afterwards.
    @Test func aLargeFileThatIsReadOnceDoesNotFillTheCache() async throws {
        let test = try await ReaderUnderTest(size: 64 << 20, memory: 256 << 20, cached: true)
        let reader = test.engine.open(test.version)
        defer { reader.close() }
        _ = try await reader.bytes(58 << 20, 4096)
        _ = try await reader.bytes(60 << 20, 4096)
        for offset in stride(from: 0, to: 56 << 20, by: 1 << 20) { _ = try await reader.bytes(offset, 1 << 20) }
        let kept = test.memory.used[.cache] ?? 0
        #expect(kept >= 16 << 20, "its beginning is kept as that of any file")
        #expect(kept < 40 << 20, "the window of its first part at most")
        let requests = test.gets
        #expect(try await reader.bytes((58 << 20) + 4096, 4096) == test.expected((58 << 20) + 4096, 4096))
        #expect(test.gets == requests)
    }

    // MARK: Answers that are not right

    @Test(arguments: [Damage.flippedBit, .tooShort, .tooLong]) func damagedAnswersAreAskedForAgain(damage: Damage) async throws {
        let test = try await ReaderUnderTest(size: 700_000) { DamagingStore($0, damage, times: 2) }
        let reader = test.engine.open(test.version)
        defer { reader.close() }
        #expect(try await reader.bytes(1000, 200_000) == test.expected(1000, 200_000))
        #expect(test.gets == 3)
    }

    @Test(arguments: [Damage.flippedBit, .tooShort, .tooLong]) func damagedAnswersAreNeverData(damage: Damage) async throws {
        let test = try await ReaderUnderTest(size: 700_000) { DamagingStore($0, damage, times: .max) }
        let reader = test.engine.open(test.version)
        await #expect(throws: StoreError.self) { try await reader.bytes(699_000, 1000) }
        reader.close()
        #expect(test.memory.total == 0)
    }

    @Test(arguments: [Damage.tooShort, .tooLong]) func damagedRangesAreAskedForAgain(damage: Damage) async throws {
        let test = try await ReaderUnderTest(size: 8 << 20) { DamagingStore($0, damage, times: 2) }
        let reader = test.engine.open(test.version)
        defer { reader.close() }
        #expect(try await reader.bytes(3 << 20, 200_000) == test.expected(3 << 20, 200_000))
    }

    /// SHA-1, SHA-256 and CRC-32, CRC-32C and CRC-64/NVME of what `ReaderUnderTest` has.
    private func checksum(_ algorithm: ObjectChecksum.Algorithm, of bytes: [UInt8]) throws -> ObjectChecksum {
        let value =
            switch algorithm {
            case .sha1: Array(Insecure.SHA1.hash(data: bytes))
            case .sha256: Array(SHA256.hash(data: bytes))
            case .crc32, .crc32c, .crc64nvme: try #require(algorithm.cyclicCode).bytes(of: try #require(algorithm.cyclicCode).check(of: bytes))
            }
        return try #require(ObjectChecksum(algorithm, value))
    }

    @Test(arguments: ObjectChecksum.Algorithm.allCases) func everyChecksumFindsDamage(algorithm: ObjectChecksum.Algorithm) async throws {
        let damage = Damage.flippedBitUnder(try checksum(algorithm, of: ReaderUnderTest.bytes(700_000, seed: 1)))
        for (times, isRead) in [(2, true), (.max, false)] {
            let test = try await ReaderUnderTest(size: 700_000) { DamagingStore($0, damage, times: times) }
            let reader = test.engine.open(test.version)
            defer { reader.close() }
            let bytes = try? await reader.bytes(1000, 200_000)
            #expect(bytes == (isRead ? test.expected(1000, 200_000) : nil))
            #expect(test.gets == 3)
        }
    }

    @Test func withoutVerifyingAFlippedBitPasses() async throws {
        // The negative control of the above: it is the comparison that finds the damage.
        let test = try await ReaderUnderTest(size: 700_000)
        var options = ReadOptions()
        options.verifies = false
        let store = DamagingStore(test.faults, .flippedBit, times: .max)
        let engine = ReadEngine(store, options: options, memory: test.memory, logger: ReaderUnderTest.silent)
        let reader = engine.open(test.version)
        defer { reader.close() }
        #expect(try await reader.bytes(0, 700_000) != test.content)
    }

    @Test(arguments: [true, false]) func anotherVersionIsNeverRead(storeKnowsConditions: Bool) async throws {
        let test = try await ReaderUnderTest(size: 8 << 20) { store -> any ObjectStore in
            if storeKnowsConditions { store } else { DamagingStore(store, .unconditional, times: .max) }
        }
        let reader = test.engine.open(test.version)
        defer { reader.close() }
        _ = try await reader.bytes(0, 4096)
        let other = ReaderUnderTest.bytes(8 << 20, seed: 2)
        _ = try await test.bucket.put(ReaderUnderTest.key, BytesSource(Bytes(other)), ObjectAttributes(), .always)
        for offset in [5 << 20, 7 << 20] {
            let failure = await #expect(throws: StoreError.self) { try await reader.bytes(offset, 4096) }
            #expect(failure?.reason == .preconditionFailed)
        }
    }

    /// Where no ETag pins it, nobody but the reader goes on with a body that breaks off.
    @Test(arguments: [700_000, 8 << 20]) func aBodyWithoutVersionThatBreaksOffIsAskedForAgain(size: Int) async throws {
        let breaking = Fault(.first(2), of: [.get], .withinBody(after: 100_000), error: StoreError(.unreachable, "broken off"))
        let test = try await ReaderUnderTest(size: size, faults: [breaking]) { DamagingStore($0, .unversioned(changing: false), times: .max) }
        let reader = test.engine.open(ObjectVersion(key: ReaderUnderTest.key, etag: nil, size: Int64(size)))
        defer { reader.close() }
        #expect(try await reader.bytes(1000, 600_000) == test.expected(1000, 600_000))
        #expect(test.gets == 3)
    }

    /// The rest of another object does not belong to what has been read.
    @Test func aBodyWithoutVersionIsNotContinuedWithAnother() async throws {
        let breaking = Fault(.first(1), of: [.get], .withinBody(after: 100_000), error: StoreError(.unreachable, "broken off"))
        let test = try await ReaderUnderTest(size: 8 << 20, faults: [breaking]) { DamagingStore($0, .unversioned(changing: true), times: .max) }
        let reader = test.engine.open(ObjectVersion(key: ReaderUnderTest.key, etag: nil, size: 8 << 20))
        defer { reader.close() }
        let failure = await #expect(throws: StoreError.self) { try await reader.bytes(1000, 600_000) }
        #expect(failure?.reason == .preconditionFailed)
    }

    /// Negative control: of an object with a version the store goes on by itself, or has given up for good.
    @Test func aBodyOfAVersionIsNotRepeatedByTheReader() async throws {
        let breaking = Fault(.first(1), of: [.get], .withinBody(after: 100_000), error: StoreError(.unreachable, "broken off"))
        let test = try await ReaderUnderTest(size: 8 << 20, faults: [breaking])
        let reader = test.engine.open(test.version)
        defer { reader.close() }
        await #expect(throws: StoreError.self) { try await reader.bytes(1000, 600_000) }
        #expect(test.gets == 1)
    }

    // MARK: Fetched ahead

    /// What a listing shows of the object under test.
    private func listed(_ test: ReaderUnderTest) -> ListedObject {
        ListedObject(key: ReaderUnderTest.key, size: test.version.size, etag: test.version.etag)
    }

    @Test(arguments: [true, false]) func aFileThatWasFetchedAheadCostsItsReaderNothing(cached: Bool) async throws {
        let test = try await ReaderUnderTest(size: 300_000, cached: cached)
        #expect(try await test.engine.fetchAhead(listed(test))?.etag == test.version.etag)
        #expect(test.engine.isAtHand(listed(test)))
        let reader = test.engine.open(test.version)
        #expect(reader.readNow(ByteRange(offset: 0, count: 300_000))?.contiguous == test.content)
        reader.close()
        #expect(test.gets == 1)
        #expect(test.memory.used[.readAhead] == nil, "memory is not given back")
        #expect(test.engine.isAtHand(listed(test)) == cached)
    }

    /// It was listed as another version: what is fetched is kept for whoever opens the new one, and the old one's readers never see it.
    @Test func whatWasFetchedAheadBelongsToItsVersion() async throws {
        let test = try await ReaderUnderTest(size: 300_000)
        let other = ReaderUnderTest.bytes(300_000, seed: 2)
        let receipt = try await test.bucket.put(ReaderUnderTest.key, BytesSource(Bytes(other)), ObjectAttributes(), .always)
        #expect(try await test.engine.fetchAhead(listed(test))?.etag == receipt.etag)
        let old = test.engine.open(test.version)
        await #expect(throws: StoreError.self) { try await old.bytes(0, 1000) }
        old.close()
        let new = test.engine.open(ObjectVersion(key: ReaderUnderTest.key, etag: receipt.etag, size: 300_000))
        #expect(new.readNow(ByteRange(offset: 0, count: 300_000))?.contiguous == other)
        new.close()
    }

    @Test func anObjectOfAnotherLengthIsNotKept() async throws {
        let test = try await ReaderUnderTest(size: 300_000)
        var shorter = listed(test)
        shorter.size = 200_000
        #expect(try await test.engine.fetchAhead(shorter)?.size == 300_000, "what the answer says of it is right all the same")
        #expect(!test.engine.isAtHand(listed(test)))
        #expect(test.memory.total == 0)
    }

    @Test(arguments: [Damage.flippedBit, .tooShort, .tooLong]) func damagedBodiesAreNotKept(damage: Damage) async throws {
        let test = try await ReaderUnderTest(size: 300_000) { DamagingStore($0, damage, times: 1) }
        _ = try? await test.engine.fetchAhead(listed(test))
        #expect(test.memory.total == 0)
        let reader = test.engine.open(test.version)
        defer { reader.close() }
        #expect(try await reader.bytes(0, 300_000) == test.content)
    }

    @Test func nothingIsFetchedAheadWithoutMemory() async throws {
        let test = try await ReaderUnderTest(size: 300_000, memory: 1 << 20)
        #expect(try await test.engine.fetchAhead(listed(test)) == nil)
        #expect(test.gets == 0)
    }

    @Test func whatWasFetchedAheadGivesWay() async throws {
        let test = try await ReaderUnderTest(size: 300_000)
        _ = try await test.engine.fetchAhead(listed(test))
        #expect(test.memory.total == 300_000)
        test.memory.charge(test.memory.limit, for: .inodes)
        #expect(test.memory.used[.readAhead] == nil)
        #expect(!test.engine.isAtHand(listed(test)))
    }

    // MARK: Giving up

    @Test func whatNobodyWaitsForIsCancelled() async throws {
        let test = try await ReaderUnderTest(size: 8 << 20)
        let store = DamagingStore(test.faults, .hanging, times: .max)
        let engine = ReadEngine(store, memory: test.memory, logger: ReaderUnderTest.silent)
        let reader = engine.open(test.version)
        let read = Task { try await reader.bytes(3 << 20, 4096) }
        try await Task.sleep(for: .milliseconds(30))
        read.cancel()
        let failure = await #expect(throws: StoreError.self) { try await read.value }
        #expect(failure?.reason == .cancelled)
        for _ in 0..<200 where store.cancelled.load(ordering: .relaxed) == 0 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(store.cancelled.load(ordering: .relaxed) == 1)
        reader.close()
        #expect(test.memory.total == 0)
    }

    @Test func whoFailsLeavesNothingBehind() async throws {
        let test = try await ReaderUnderTest(size: 8 << 20, faults: [Fault(.first(1), of: [.get], error: StoreError(.accessDenied, "no"))])
        let reader = test.engine.open(test.version)
        await #expect(throws: StoreError.self) { try await reader.bytes(0, 4096) }
        #expect(try await reader.bytes(0, 4096) == test.expected(0, 4096), "the next read asks again")
        reader.close()
        #expect(test.memory.total == 0)
    }
}
