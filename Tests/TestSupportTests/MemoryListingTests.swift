import FileSystemTypes
import ObjectStorage
import TestSupport
import Testing

@Suite struct MemoryListingTests {
    /// What a listing should be, computed the slow way.
    private struct NaiveListing {
        var items: [String] = []

        init(_ keys: Set<String>, prefix: String, delimiter: String?, startAfter: String?) {
            let start = Key(startAfter ?? "")
            let ordered = keys.filter { $0.hasPrefix(prefix) && start < Key($0) }.sorted { Key($0) < Key($1) }
            for key in ordered {
                let rest = key.dropFirst(prefix.count)
                var item = key
                if let delimiter, let range = rest.firstRange(of: delimiter) { item = String(key[..<range.upperBound]) + "<" }
                if items.last != item { items.append(item) }
            }
        }
    }

    @Test(.timeLimit(.minutes(2)), arguments: SeededGenerator.seeds(40))
    func pagesAsANaiveImplementation(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let bucket = MemoryStore(buckets: ["b"].map { BucketName($0) }).bucket(BucketName("b"))
        let keys = try await fill(bucket, &generator)
        for _ in 0..<30 {
            let prefix = generator.pick(["", "a", "a/", "a/b", "b--", "zz"])
            let delimiter = generator.pick([nil, "/", "-", "--", "b"])
            let startAfter = generator.pick([nil, nil, "a", "a/", "a/b", "-"])
            let size = generator.pick([1, 2, 3, 7, 1000])
            let expected = NaiveListing(keys, prefix: prefix, delimiter: delimiter, startAfter: startAfter).items
            let request = ListRequest(
                prefix: Key(prefix), delimiter: delimiter, startAfter: startAfter.map { Key($0) }, maximumKeys: size)
            let pages = try await pages(bucket, request)
            #expect(pages.flatMap(\.self) == expected, "seed \(seed): \(request)")
            #expect(pages.allSatisfy { $0.count <= size } && pages.dropLast().allSatisfy { $0.count == size }, "seed \(seed): \(request)")
        }
    }

    private func fill(_ bucket: MemoryBucket, _ generator: inout SeededGenerator) async throws -> Set<String> {
        var keys: Set<String> = []
        for _ in 0..<Int.random(in: 0..<60, using: &generator) {
            let key = (0...Int.random(in: 0..<4, using: &generator)).map { _ in generator.pick(["a", "b", "/", "-", "é"]) }.joined()
            keys.insert(key)
            _ = try await bucket.put(Key(key), BytesSource(Bytes(key)), ObjectAttributes(), .always)
        }
        if let gone = keys.min() {
            keys.remove(gone)
            try await bucket.delete(Key(gone))
        }
        return keys
    }

    private func pages(_ bucket: MemoryBucket, _ request: ListRequest) async throws -> [[String]] {
        var request = request
        var pages: [[String]] = []
        repeat {
            let page = try await bucket.list(request)
            let items = page.objects.map { ($0.key, $0.key.description) } + page.commonPrefixes.map { ($0, "\($0)<") }
            pages.append(items.sorted { $0.0 < $1.0 }.map(\.1))
            request.cursor = page.next
            request.startAfter = nil
        } while request.cursor != nil && pages.count < 1000
        return pages
    }
}
