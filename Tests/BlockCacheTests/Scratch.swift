import BlockCache
import CacheSupport
import FileSystemTypes
import Foundation
import Glibc
import Logging
import Memory
import TestSupport

/// A folder for one test, and caches in it.
struct Scratch {
    let path: String
    let known: KnownBlocks

    init(in parent: String = FileManager.default.temporaryDirectory.path, objects: Int = 40, seed: UInt64 = 1) throws {
        path = "\(parent)/windlass-cache-\(UUID().uuidString)"
        known = KnownBlocks(objects: objects, seed: seed)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }

    var folder: String { path + "/cache" }

    /// `memory` is so little that nearly all is read from the disk.
    func open(mebibytes: Int64 = 64, memory: Int = 2 << 20, _ change: (inout DiskCacheOptions) -> Void = { _ in }) throws -> BlockCache {
        var options = DiskCacheOptions(folder: folder, limit: mebibytes << 20)
        options.freeSpaceFloor = 0
        options.upkeepInterval = .milliseconds(20)
        options.retryDelay = .milliseconds(20)
        change(&options)
        return try BlockCache(memory: MemoryBudget(limit: memory), disk: options, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// As `open`, once what the folder holds is known.
    func loaded(mebibytes: Int64 = 64, memory: Int = 2 << 20, _ change: (inout DiskCacheOptions) -> Void = { _ in }) async throws -> BlockCache {
        let cache = try open(mebibytes: mebibytes, memory: memory, change)
        await until { !cache.usage.isLoading }
        return cache
    }

    /// Puts blocks in, no faster than the disk takes them.
    func fill(_ cache: BlockCache, _ numbers: Range<Int>? = nil) async {
        for number in numbers ?? known.ids.indices { await put(cache, number) }
    }

    /// Puts a block in and waits until it is on the disk, or has been refused there.
    func put(_ cache: BlockCache, _ number: Int) async {
        cache.insert(known.ids[number], Bytes(known.bytes(number)))
        await until { cache.usage.waiting == 0 }
    }

    /// Takes all blocks out: how many were there, and how many of those had wrong bytes.
    func check(_ cache: BlockCache) async -> (found: Int, wrong: Int) {
        var found = 0
        var wrong = 0
        for number in known.ids.indices {
            let bytes = await cache.block(known.ids[number])
            found += bytes == nil ? 0 : 1
            wrong += known.isRight(number, bytes) ? 0 : 1
        }
        return (found, wrong)
    }

    /// The files of blocks, the oldest first.
    func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".v1") }.sorted()
    }

    /// What the disk gives for the files.
    func space() -> Int64 {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.reduce(0) { total, name in
            var status = stat()
            return unsafe lstat("\(folder)/\(name)", &status) == 0 ? total + Int64(status.st_blocks) * 512 : total
        }
    }

    func until(_ limit: Duration = .seconds(20), _ condition: () -> Bool) async {
        let deadline = ContinuousClock.now + limit
        while !condition(), .now < deadline { try? await Task.sleep(for: .milliseconds(1)) }
    }
}

/// Changes bytes of files as no cache would.
enum Damage {
    static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: path)))
    }

    /// In place: the file is the same, and whoever has it open sees the change.
    static func write(_ bytes: [UInt8], at offset: Int, in path: String) throws {
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        defer { try? handle.close() }
        try handle.seek(toOffset: UInt64(offset))
        try handle.write(contentsOf: Data(bytes))
    }

    static func truncate(_ path: String, to size: Int) throws {
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        defer { try? handle.close() }
        try handle.truncate(atOffset: UInt64(size))
    }

    static func flipBit(_ path: String, _ random: inout SeededGenerator) throws {
        let content = try bytes(path)
        guard !content.isEmpty else { return }
        let place = Int.random(in: content.indices, using: &random)
        try write([content[place] ^ 1 << UInt8.random(in: 0..<8, using: &random)], at: place, in: path)
    }
}
