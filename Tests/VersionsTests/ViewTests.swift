import FileSystemTypes
import ObjectStorage
import Synchronization
import TestSupport
import Testing
import Versions

/// What the views show of random histories, through pages of every length, is what the histories say.
@Suite(.timeLimit(.minutes(2)))
struct ViewTests {
    private static let keys = ["a", "a-b", "a.c", "a/", "a/b", "a/b/c", "a0", "b", "b/x", "b/y/z", "b@", "c/d/e/f", "d"].map { Key($0) }

    private static func history(_ generator: inout SeededGenerator) -> HistoryStore {
        var history: [Key: [HistoryStore.Entry]] = [:]
        for key in keys where !generator.oneIn(4) {
            var time: Int64 = 0
            var entries: [HistoryStore.Entry] = []
            for number in 0..<Int.random(in: 1...6, using: &generator) {
                time += Int64.random(in: 0...20, using: &generator)
                entries.insert(.init(version: "v\(number)", time: time, isMarker: generator.oneIn(3)), at: 0)
            }
            history[key] = entries
        }
        return HistoryStore(history: history, longestPage: Int.random(in: 1...8, using: &generator))
    }

    /// All that a listing shows, and how: names of objects, and of folders with their slash.
    private func listing(_ store: any ObjectStore, _ prefix: Key, _ delimiter: String?) async throws -> [Key] {
        var pager = ListPager(store, ListRequest(prefix: prefix, delimiter: delimiter, maximumKeys: 3))
        var found: [Key] = []
        while let page = try await pager.next() { found += page.objects.map(\.key) + page.commonPrefixes }
        return found.sorted()
    }

    /// Of keys that a bucket has: what a listing shows.
    private func grouped(_ keys: [Key], _ prefix: Key, _ delimiter: String?) -> [Key] {
        var found: Set<Key> = []
        for key in keys where key.bytes.starts(with: prefix.bytes) {
            let rest = key.bytes.dropFirst(prefix.bytes.count)
            let slash = delimiter == nil ? nil : rest.firstIndex(of: UInt8(ascii: "/"))
            found.insert(slash.map { Key(Array(key.bytes[...$0])) } ?? key)
        }
        return found.sorted()
    }

    private static let questions: [(Key, String?)] = [("", "/"), ("", nil), ("a/", "/"), ("a", "/"), ("b/", "/"), ("c/", "/"), ("c/d/", nil)]

    @Test(arguments: SeededGenerator.seeds(150))
    func theBucketAsItWas(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let store = Self.history(&generator)
        let moment = Int64.random(in: -1...90, using: &generator)
        let past = PastStore(store, at: Timestamp(seconds: moment))
        let chosen = store.history.compactMapValues { entries in entries.first { $0.time <= moment } }.filter { !$0.value.isMarker }
        for (prefix, delimiter) in Self.questions {
            #expect(try await listing(past, prefix, delimiter) == grouped(Array(chosen.keys), prefix, delimiter), "seed \(seed): \(prefix)")
        }
        // Also without a listing before.
        for view in [past, PastStore(store, at: Timestamp(seconds: moment))] {
            for key in Self.keys {
                let info = try? await view.head(key, ReadConditions())
                #expect(info?.etag?.text == chosen[key]?.version, "seed \(seed): \(key)")
            }
        }
    }

    @Test(arguments: SeededGenerator.seeds(150))
    func earlierVersionsBesideTheLatest(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let store = Self.history(&generator)
        let view = VersionsStore(store)
        var shown: [Key: String] = [:]
        for (key, entries) in store.history {
            for (index, entry) in entries.enumerated() where !entry.isMarker {
                shown[index == 0 ? key : VersionKey.key(of: key, VersionID(entry.version))] = entry.version
            }
        }
        for (prefix, delimiter) in Self.questions.filter({ $0.0 != "a" }) {
            let folders = grouped(Array(store.history.keys), prefix, delimiter).filter { delimiter != nil && $0.bytes.last == UInt8(ascii: "/") }
            let wanted = Set(grouped(Array(shown.keys), prefix, delimiter) + folders.filter { $0 != prefix })
            #expect(Set(try await listing(view, prefix, delimiter)) == wanted, "seed \(seed): \(prefix)")
        }
        for fresh in [view, VersionsStore(store)] {
            for (key, version) in shown {
                #expect(try await fresh.head(key, ReadConditions()).etag?.text == version, "seed \(seed): \(key)")
            }
            await #expect(throws: StoreError.self) { try await fresh.head("a@nothing", ReadConditions()) }
        }
    }

    @Test func whatIsNotThereCostsOneListing() async throws {
        let versions = (0..<50).map { HistoryStore.Entry(version: "\($0)", time: 1000 - Int64($0), isMarker: false) }
        let store = HistoryStore(history: ["k": versions], longestPage: 1000)
        let past = PastStore(store, at: Timestamp(seconds: 990))
        #expect(try await past.head("k", ReadConditions()).etag?.text == "10")
        #expect(try await past.head("k", ReadConditions()).etag?.text == "10")
        #expect(store.requests.lists.load(ordering: .relaxed) == 1 && store.requests.heads.load(ordering: .relaxed) == 2)
        await #expect(throws: StoreError.self) { try await past.head("j", ReadConditions()) }
        #expect(store.requests.lists.load(ordering: .relaxed) == 2 && store.requests.heads.load(ordering: .relaxed) == 2)
    }

    @Test func aKeyOfTheBucketGoesBeforeAVersion() async throws {
        let store = HistoryStore(
            history: [
                "k": [.init(version: "2", time: 2, isMarker: false), .init(version: "1", time: 1, isMarker: false)],
                "k@1": [.init(version: "real", time: 3, isMarker: false)],
            ], longestPage: 10)
        let view = VersionsStore(store)
        #expect(try await view.head("k@1", ReadConditions()).etag?.text == "real")
        _ = try await listing(view, "", "/")
        #expect(try await view.head("k@1", ReadConditions()).etag?.text == "real")
        #expect(try await view.head("k@2", ReadConditions()).etag?.text == "2")
    }

    @Test func nothingIsWritten() async {
        for view: any ObjectStore in [
            VersionsStore(HistoryStore(history: [:], longestPage: 1)), PastStore(HistoryStore(history: [:], longestPage: 1), at: .now),
        ] {
            await #expect(throws: StoreError.self) { try await view.delete("a") }
            await #expect(throws: StoreError.self) { try await view.put("a", BytesSource(Bytes([1])), ObjectAttributes(metadata: [:]), .always) }
        }
    }
}
