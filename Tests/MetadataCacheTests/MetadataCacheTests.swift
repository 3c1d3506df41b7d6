import FileSystemTypes
import Foundation
import Logging
import MetadataCache
import ObjectStorage
import Testing

@Suite struct MetadataCacheTests {
    private let folder: URL
    private var path: String { folder.appendingPathComponent("deep/cache.sqlite").path }

    init() {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("windlass-metadata-\(UUID().uuidString)")
    }

    private func open(_ maximumBytes: Int64 = 1 << 30) throws -> MetadataCache {
        var options = MetadataCache.Options()
        options.maximumBytes = maximumBytes
        options.patience = .seconds(20)
        return try MetadataCache(path: path, options: options, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func page(_ count: Int, folder: String = "folder") -> [ListedObject] {
        (0..<count).map { Sample.listed($0, Key("\(folder)/name-\($0 + 100_000)")) }
    }

    private func fill(_ cache: MetadataCache, _ page: [ListedObject]) async {
        // The first look tells how exact the listing's times are.
        _ = await cache.known(page, isPage: true)
        for (number, object) in page.enumerated() { cache.remember(object.key, Sample.info(number), listed: object) }
    }

    private func clear() {
        try? FileManager.default.removeItem(at: folder)
    }

    @Test(.timeLimit(.minutes(1))) func remembersFromMountToMount() async throws {
        defer { clear() }
        let page = page(1000)
        let first = try open()
        await fill(first, page)
        first.close()
        let second = try open()
        defer { second.close() }
        let known = await second.known(page, isPage: true)
        #expect(known.count == 1000)
        #expect(known[page[17].key] == Sample.info(17))
        #expect(await second.known([page[5]], isPage: false).count == 1)
        #expect(await second.known([Sample.listed(5, Key("other/name-100005"))], isPage: false).isEmpty)
    }

    @Test(.timeLimit(.minutes(1))) func forgetsWhatIsChangedOrGone() async throws {
        defer { clear() }
        let cache = try open()
        defer { cache.close() }
        let page = page(100)
        await fill(cache, page)
        cache.forget(page[3].key)
        #expect(await cache.known(page, isPage: true).count == 99)
        // A listing that passes over a name: it was removed, and what comes back is asked for.
        let rest = page.enumerated().filter { $0.offset != 50 }.map(\.element)
        #expect(await cache.known(rest, isPage: true).count == 98)
        #expect(await cache.known([page[50]], isPage: false).isEmpty)
        #expect(await cache.known([page[51]], isPage: false).count == 1)
    }

    @Test(.timeLimit(.minutes(1)), arguments: [true, false]) func forgetsAFolderAndAllBelowIt(isWritten: Bool) async throws {
        defer { clear() }
        let cache = try open()
        defer { cache.close() }
        let folders = ["folder", "folder/below", "folder/below/deeper", "folder-beside", "folder0"]
        for folder in folders { await fill(cache, page(10, folder: folder)) }
        // Also what is still waiting to be written goes.
        if isWritten { #expect(await cache.known(page(10), isPage: true).count == 10) }
        cache.forget(below: "folder/")
        var left: [Int] = []
        for folder in folders { left.append(await cache.known(page(10, folder: folder), isPage: true).count) }
        #expect(left == [0, 0, 0, 10, 10])
        await fill(cache, page(10))
        cache.forget(below: page(10)[3].key)
        #expect(await cache.known(page(10), isPage: true).count == 9)
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["", "no database", String(repeating: "SQLite format 3\0", count: 1000)])
    func beginsADamagedFileAnew(_ content: String) async throws {
        defer { clear() }
        try FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try content.write(toFile: path, atomically: false, encoding: .utf8)
        let cache = try open()
        defer { cache.close() }
        let page = page(10)
        await fill(cache, page)
        await fill(cache, page)
        #expect(await cache.known(page, isPage: true).count == 10)
    }

    @Test(.timeLimit(.minutes(1))) func survivesTheLossOfItsFolder() async throws {
        defer { clear() }
        let page = page(10)
        let cache = try open()
        await fill(cache, page)
        #expect(await cache.known(page, isPage: true).count == 10)
        clear()
        await fill(cache, page)
        #expect(await cache.known(page, isPage: true).count == 10)
        cache.close()
        let next = try open()
        defer { next.close() }
        await fill(next, page)
        #expect(await next.known(page, isPage: true).count == 10)
    }

    @Test(.timeLimit(.minutes(1))) func isSharedByMounts() async throws {
        defer { clear() }
        let (one, two) = (try open(), try open())
        defer {
            one.close()
            two.close()
        }
        let (left, right) = (page(200, folder: "left"), page(200, folder: "right"))
        async let first: Void = fill(one, left)
        async let second: Void = fill(two, right)
        _ = await (first, second)
        #expect(await one.known(left, isPage: true).count == 200)
        #expect(await two.known(right, isPage: true).count == 200)
        #expect(await two.known(left, isPage: true).count == 200)
        #expect(await one.known(right, isPage: true).count == 200)
    }

    /// What was not used for the longest time goes first; the file stays near its limit.
    @Test(.timeLimit(.minutes(2))) func staysWithinItsSize() async throws {
        defer { clear() }
        let limit: Int64 = 2 << 20
        let cache = try open(limit)
        for folder in 0..<30 {
            let page = page(1000, folder: "folder-\(folder)")
            await fill(cache, page)
            #expect(await cache.known(page, isPage: true).count == 1000)
        }
        #expect(await cache.known(page(1000, folder: "folder-0"), isPage: true).isEmpty)
        cache.close()
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int64 ?? 0
        #expect(size > 1 << 20 && size < 3 * limit, "\(size) bytes")
    }

    /// Nobody waits for a disk that does not answer, nor for a cache that has ended.
    @Test(.timeLimit(.minutes(1))) func answersAfterItsEnd() async throws {
        defer { clear() }
        let cache = try open()
        cache.close()
        #expect(await cache.known(page(10), isPage: true).isEmpty)
    }

    /// A place where nothing can be written: nothing is remembered, and nothing fails.
    @Test(.timeLimit(.minutes(1))) func doesWithoutADisk() async throws {
        defer { clear() }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data().write(to: folder.appendingPathComponent("deep"))
        let cache = try open()
        defer { cache.close() }
        let page = page(10)
        for _ in 0..<5 { await fill(cache, page) }
        #expect(await cache.known(page, isPage: true).isEmpty)
    }
}
