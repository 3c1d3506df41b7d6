import FileSystemTypes
import ObjectStorage
import TestSupport
import Testing
import Volume

/// What is told of a folder out of a listing of many is what its own listing tells.
@Suite struct SubtreePageTests {
    private static let components = ["a", "a-", "a.", "a.txt", "a0", "b", "", "c", "%", "ä"]

    @Test(.timeLimit(.minutes(1))) func tellsWhatEachFoldersOwnListingTells() async throws {
        var told = 0
        for seed in SeededGenerator.seeds(150) {
            var generator = SeededGenerator(seed: seed)
            let bucket = MemoryStore(buckets: ["test"]).bucket("test")
            for _ in 0..<Int.random(in: 1...60, using: &generator) { try await put(randomKey(&generator), in: bucket) }
            told += try await check(bucket, &generator, "WINDLASS_SEED=\(seed)")
        }
        #expect(told > 300)
    }

    /// Gives how many folders were told of.
    private func check(_ bucket: MemoryBucket, _ generator: inout SeededGenerator, _ comment: Comment) async throws -> Int {
        let folder = Key("\(randomKey(&generator))/")
        let above = folder.bytes.dropLast()
        let base = Key(Array(above[..<(above.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)]))
        let start = Key(folder.bytes.dropLast() + [UInt8(ascii: ".")])
        let page = try await bucket.list(ListRequest(prefix: base, startAfter: start, maximumKeys: Int.random(in: 1...30, using: &generator)))
        let found = SubtreePage(page, below: base).folders
        for (prefix, listing) in found {
            let own = try await bucket.list(ListRequest(prefix: prefix, delimiter: "/"))
            #expect(own.next == nil && listing.next == nil)
            #expect(listing.objects.map(\.key) == own.objects.map(\.key), comment)
            #expect(listing.commonPrefixes == own.commonPrefixes, comment)
        }
        // None is left out that ends on the page.
        let last = page.objects.last?.key ?? base
        let own = try await bucket.list(ListRequest(prefix: folder))
        if let end = own.objects.last?.key, end < last || page.next == nil { #expect(found.contains { $0.prefix == folder }, comment) }
        return found.count
    }

    /// Negative control: of a page that begins inside a folder a part would be told, which is why none does.
    @Test(.timeLimit(.minutes(1))) func wouldTellAPartOfAFolderThatBeginsBeforeThePage() async throws {
        let bucket = MemoryStore(buckets: ["test"]).bucket("test")
        for key in ["d/a", "d/b", "e/a"] { try await put(key, in: bucket) }
        let page = try await bucket.list(ListRequest(startAfter: "d/a"))
        #expect(SubtreePage(page, below: "").folders.first?.page.objects.map(\.key) == ["d/b"])
    }

    @Test(.timeLimit(.minutes(1))) func tellsNothingOfListingsThatGoAnotherWay() {
        let keys: [Key] = ["d/a", "d/b", "e/a"]
        let objects = keys.map { ListedObject(key: $0, size: 1) }
        #expect(SubtreePage(ListPage(objects: objects), below: "").folders.map(\.prefix) == ["d/", "e/"])
        #expect(SubtreePage(ListPage(objects: objects.reversed()), below: "").folders.isEmpty)
        #expect(SubtreePage(ListPage(objects: objects + [objects[0]]), below: "").folders.isEmpty)
        #expect(SubtreePage(ListPage(objects: objects), below: "d/").folders.isEmpty, "keys of another folder")
        #expect(SubtreePage(ListPage(objects: objects, next: ListCursor([1])), below: "").folders.map(\.prefix) == ["d/"])
        var earlier = objects
        earlier[1].version = VersionID("1")
        #expect(SubtreePage(ListPage(objects: earlier), below: "").folders.isEmpty)
    }

    private func randomKey(_ generator: inout SeededGenerator) -> String {
        let depth = Int.random(in: 1...4, using: &generator)
        return (0..<depth).map { _ in Self.components[Int.random(in: 0..<Self.components.count, using: &generator)] }.joined(separator: "/")
    }

    private func put(_ key: String, in bucket: MemoryBucket) async throws {
        guard !key.isEmpty else { return }
        _ = try await bucket.put(Key(key), BytesSource(Bytes()), ObjectAttributes(), .always)
    }
}
