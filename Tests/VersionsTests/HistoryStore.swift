import FileSystemTypes
import ObjectStorage
import Synchronization
import Versions

/// A bucket of which only the history is there: it lists versions in pages that are as short as it likes, and answers HEAD.
struct HistoryStore: ReadOnlyStore {
    struct Entry: Sendable {
        let version: String
        let time: Int64
        let isMarker: Bool
    }

    /// Of each key the latest first.
    let history: [Key: [Entry]]
    /// No page has more entries.
    let longestPage: Int
    let requests = RequestCount()

    final class RequestCount: Sendable {
        let lists = Atomic<Int>(0)
        let heads = Atomic<Int>(0)
    }

    var base: any ObjectStore { self }
    var limits: StoreLimits { .s3 }
    var capabilities: Capabilities { Capabilities() }

    func head(_ key: Key, _ conditions: ReadConditions) async throws(StoreError) -> ObjectInfo {
        requests.heads.add(1, ordering: .relaxed)
        let all = history[key] ?? []
        let wanted = if let version = conditions.version { all.first { $0.version == version.text } } else { all.first }
        guard let wanted, !wanted.isMarker else { throw StoreError(.noSuchKey, "not there") }
        return ObjectInfo(size: 1, etag: ETag(wanted.version), lastModified: Timestamp(seconds: wanted.time))
    }

    func get(_ key: Key, range: ByteRange?, _ conditions: ReadConditions) async throws(StoreError) -> ObjectContent {
        let info = try await head(key, conditions)
        return ObjectContent(info: info, range: ByteRange(offset: 0, count: 1), body: BytesBody(Bytes([1])))
    }

    func list(_ request: ListRequest) async throws(StoreError) -> ListPage { throw StoreError(.unsupported, "versions are listed") }

    func listVersions(_ query: VersionQuery) async throws(StoreError) -> VersionPage {
        requests.lists.add(1, ordering: .relaxed)
        var page = VersionPage()
        var next = query
        for key in history.keys.sorted() where key.bytes.starts(with: query.prefix.bytes) {
            if let folder = folder(of: key, query) {
                let isBehind = query.keyMarker.map { $0 >= folder } ?? false
                guard !isBehind, page.prefixes.last != folder else { continue }
                guard isRoom(page, query) else { return VersionPage(versions: page.versions, prefixes: page.prefixes, next: next) }
                page.prefixes.append(folder)
                (next.keyMarker, next.versionMarker) = (folder, nil)
                continue
            }
            for listed in entries(of: key, after: query) {
                guard isRoom(page, query) else { return VersionPage(versions: page.versions, prefixes: page.prefixes, next: next) }
                page.versions.append(listed)
                (next.keyMarker, next.versionMarker) = (key, listed.version)
            }
        }
        return page
    }

    private func isRoom(_ page: VersionPage, _ query: VersionQuery) -> Bool {
        page.versions.count + page.prefixes.count < min(query.maximum, longestPage)
    }

    private func folder(of key: Key, _ query: VersionQuery) -> Key? {
        guard query.delimiter != nil else { return nil }
        let rest = key.bytes.dropFirst(query.prefix.bytes.count)
        return rest.firstIndex(of: UInt8(ascii: "/")).map { Key(Array(key.bytes[...$0])) }
    }

    private func entries(of key: Key, after query: VersionQuery) -> [ListedVersion] {
        let all = (history[key] ?? []).enumerated().map { index, entry in
            ListedVersion(
                key: key, version: entry.version, isLatest: index == 0, isDeleteMarker: entry.isMarker, size: entry.isMarker ? 0 : 1,
                etag: ETag(entry.version), lastModified: Timestamp(seconds: entry.time).iso8601)
        }
        guard let marker = query.keyMarker else { return all }
        if key < marker { return [] }
        guard key == marker else { return all }
        guard let version = query.versionMarker else { return [] }
        let index = all.firstIndex { $0.version == version }
        return index.map { Array(all.dropFirst($0 + 1)) } ?? []
    }
}
