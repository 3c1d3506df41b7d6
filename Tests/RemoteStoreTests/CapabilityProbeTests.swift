import FileSystemTypes
import ObjectStorage
import TestSupport
import Testing

/// What a probe finds is what the store can do, and nothing of it stays.
@Suite(.timeLimit(.minutes(2))) struct CapabilityProbeTests {
    private let name = BucketName("bucket")

    /// All that a probe can find.
    private static var most: Capabilities {
        var all = Capabilities.memory
        all.append = AppendRules(maximumAppends: 10_000)
        all.replaceAttributes = true
        all.listAttributes = true
        return all
    }

    private static let flags: [any WritableKeyPath<Capabilities, Bool> & Sendable] = [
        \.putIfAbsent, \.putIfMatches, \.completeIfAbsent, \.completeIfMatches, \.copyIfSourceMatches, \.partCopy, \.partCopyIfSourceMatches,
        \.replaceAttributes, \.listAttributes,
    ]

    /// `most` without those whose bits are not set.
    private static func capabilities(_ bits: Int) -> Capabilities {
        var result = most
        for (index, flag) in flags.enumerated() where bits & (1 << index) == 0 { result[keyPath: flag] = false }
        if bits & (1 << flags.count) == 0 { result.append = nil }
        if !result.partCopy { result.partCopyIfSourceMatches = false }
        return result
    }

    private func store(_ capabilities: Capabilities, takesUnknownVerbsForPuts: Bool = false) -> MemoryBucket {
        MemoryStore(
            capabilities: capabilities, claiming: Self.most, takesUnknownVerbsForPuts: takesUnknownVerbsForPuts, buckets: [name]
        ).bucket(name)
    }

    private func leftovers(_ store: any ObjectStore) async throws -> (keys: [Key], uploads: [Upload]) {
        (try await store.list(ListRequest()).objects.map(\.key), try await store.listUploads(prefix: Key("")))
    }

    @Test(arguments: [false, true]) func findsExactlyWhatIsThere(takesUnknownVerbsForPuts: Bool) async throws {
        for bits in 0..<(1 << (Self.flags.count + 1)) {
            let expected = Self.capabilities(bits)
            let bucket = store(expected, takesUnknownVerbsForPuts: takesUnknownVerbsForPuts)
            #expect(try await CapabilityProbe(bucket, known: .least, folder: "").run() == expected, "\(bits)")
            let left = try await leftovers(bucket)
            #expect(left.keys.isEmpty && left.uploads.isEmpty, "\(bits): \(left)")
        }
    }

    /// A verb that the store is not said to let through is not sent.
    @Test func triesOnlyWhatIsLetThrough() async throws {
        let bucket = MemoryStore(capabilities: .memory, takesUnknownVerbsForPuts: true, buckets: [name]).bucket(name)
        #expect(try await CapabilityProbe(bucket, known: .least, folder: "").run() == .memory)
        #expect(bucket.counts[.append] == 0 && bucket.counts[.replaceAttributes] == 0)
    }

    @Test func whatIsKnownIsNotTried() async throws {
        let bucket = store(.least)
        #expect(try await CapabilityProbe(bucket, known: Self.most, folder: "").run() == Self.most)
        #expect(bucket.counts[.createUpload] == 0 && bucket.counts[.copy] == 0 && bucket.counts[.append] == 0 && bucket.counts[.put] == 1)
    }

    @Test func touchesNoOtherKey() async throws {
        for capabilities in [Self.most, .least] {
            let bucket = store(capabilities, takesUnknownVerbsForPuts: true)
            let names = [
                "a", ".windlass-probe", ".windlass-probe-", ".windlass-probe-0123", "p/.windlass-probe-mine", "p/", "p/x",
                "p/.windlass-probe-0123456789abcdeg", "p/.windlass-probe-0123456789abcdef-d", "q/.windlass-probe-0123456789abcdef",
            ]
            for name in names {
                _ = try await bucket.put(
                    Key(name), BytesSource(Bytes(Array(name.utf8))), ObjectAttributes(metadata: ["name": "kept"]), .always)
            }
            let upload = Upload(key: "p/x", id: try await bucket.createUpload("p/x", ObjectAttributes()))
            let before = try await bucket.list(ListRequest()).objects
            _ = try await CapabilityProbe(bucket, known: .least, folder: "p/", staleAfter: .zero).run()
            #expect(try await bucket.list(ListRequest()).objects == before)
            for name in names {
                #expect(try await bucket.head(Key(name), ReadConditions()).metadata == ["name": "kept"])
            }
            #expect(try await bucket.listUploads(prefix: Key("")).map(\.id) == [upload.id])
        }
    }

    /// Each request in turn fails, before and after its work: the probe says so or finds the truth, and nothing stays.
    @Test(arguments: [Fault.Moment.before, .after]) func cleansUpAfterEachFailure(_ moment: Fault.Moment) async throws {
        var failures = 0
        for number in 1... {
            let bucket = store(Self.most)
            let faulting = FaultingStore(bucket, faults: [Fault(.nth(number), moment)])
            do {
                #expect(try await CapabilityProbe(faulting, known: .least, folder: "p/").run() == Self.most)
            } catch {
                failures += 1
            }
            let left = try await leftovers(bucket)
            #expect(left.keys.isEmpty && left.uploads.isEmpty, "request \(number): \(left)")
            guard faulting.failures > 0 else { break }
            try #require(number < 200)
        }
        #expect(failures > 20)
    }

    /// The store dies at each request in turn and does not come back: scratch objects may stay until the next probe.
    @Test func theNextProbeCleansUp() async throws {
        var most = 0
        for number in 1... {
            let bucket = store(Self.most)
            let dying = FaultingStore(bucket, faults: (number..<number + 100).map { Fault(.nth($0)) })
            _ = try? await CapabilityProbe(dying, known: .least, folder: "p/").run()
            let left = try await leftovers(bucket)
            most = max(most, left.keys.count + left.uploads.count)
            #expect(left.keys.allSatisfy { $0.description.hasPrefix("p/.windlass-probe-") } && left.keys.count <= 3 && left.uploads.count <= 1)
            _ = try await CapabilityProbe(bucket, known: .least, folder: "p/", staleAfter: .zero).run()
            let after = try await leftovers(bucket)
            #expect(after.keys.isEmpty && after.uploads.isEmpty, "request \(number): \(after)")
            guard dying.failures > 0 else { break }
            try #require(number < 200)
        }
        #expect(most > 1, "something has been left at least once")
    }

    /// What another probe is working with just now stays.
    @Test func leavesProbesUnderWayAlone() async throws {
        let bucket = store(Self.most)
        let theirs: Key = "p/.windlass-probe-00000000000000aa"
        _ = try await bucket.put(theirs, BytesSource(Bytes([1])), ObjectAttributes(), .always)
        _ = try await CapabilityProbe(bucket, known: .least, folder: "p/").run()
        #expect(try await leftovers(bucket).keys == [theirs])
    }

    @Test func aStoreThatHangsIsLeftInTime() async throws {
        let bucket = store(Self.most)
        let slow = FaultingStore(bucket, faults: [Fault(.nth(5), error: nil, delay: .seconds(100))])
        let error = await #expect(throws: StoreError.self) {
            try await CapabilityProbe(slow, known: .least, folder: "").run(atMost: .milliseconds(200))
        }
        #expect(error?.reason == .timedOut)
        #expect(try await leftovers(bucket).keys.isEmpty)
    }
}
