internal import Foundation
internal import Logging
internal import ObjectStorage

/// What a cache's thread does: it alone touches the database.
final class MetadataWorker: @unchecked Sendable {  // made for one thread, and used by that alone
    private let path: String
    private let maximumBytes: Int64
    private let proof: MetadataProof
    private let logger: Logger
    private var database: MetadataDatabase?
    /// After so many failures the disk is let alone.
    private var failures = 0
    private var unmeasured = 0

    private static let mostFailures = 3
    /// How many rows are written before the size is looked at again.
    private static let rowsBetweenLooks = 4096
    /// Up to so many objects are looked up one by one; more are one range.
    private static let fewObjects = 4

    init(path: String, maximumBytes: Int64, proof: MetadataProof, logger: Logger) {
        self.path = path
        self.maximumBytes = maximumBytes
        self.proof = proof
        self.logger = logger
    }

    /// - Parameter isPage: the objects are all that the folder has between the first and the last of them.
    func known(_ objects: [ListedObject], isPage: Bool) -> [Key: ObjectInfo] {
        attempt { database in
            let now = MetadataCache.now
            var found: [Key: ObjectInfo] = [:]
            let folders = Dictionary(grouping: objects) { MetadataPlace($0.key).folder }
            for (folder, members) in folders {
                for (listed, record) in try records(of: members, in: folder, isPage && folders.count == 1, database, now)
                where proof.isProved(record, by: listed, now: now) { found[listed.key] = record.info }
            }
            return found
        } ?? [:]
    }

    func hasRecord(of key: Key) -> Bool {
        let place = MetadataPlace(key)
        return attempt { database in
            try !database.records(in: place.folder, from: place.name, to: place.name, limit: 1, now: MetadataCache.now).isEmpty
        } ?? false
    }

    private func records(
        of objects: [ListedObject], in folder: [UInt8], _ isPage: Bool, _ database: MetadataDatabase, _ now: Int64
    ) throws -> [(ListedObject, MetadataRecord)] {
        let named = Dictionary(objects.map { (MetadataPlace($0.key).name, $0) }, uniquingKeysWith: { first, _ in first })
        guard isPage, named.count > Self.fewObjects, let first = named.keys.min(by: Self.isBefore), let last = named.keys.max(by: Self.isBefore)
        else {
            return try named.flatMap { name, listed in
                try database.records(in: folder, from: name, to: name, limit: 1, now: now).compactMap { Self.pair(listed, $0.record) }
            }
        }
        let rows = try database.records(in: folder, from: first, to: last, limit: 4 * named.count, now: now)
        // What the listing has passed over is gone.
        let gone = rows.filter { named[$0.name] == nil && $0.name.last != UInt8(ascii: "/") }.compactMap { MetadataPlace(Key(folder + $0.name)) }
        if !gone.isEmpty { try database.change(gone.map { ($0, nil) }, now: now) }
        return rows.compactMap { row in named[row.name].flatMap { Self.pair($0, row.record) } }
    }

    private static func isBefore(_ left: [UInt8], _ right: [UInt8]) -> Bool { left.lexicographicallyPrecedes(right) }

    private static func pair(_ listed: ListedObject, _ bytes: [UInt8]) -> (ListedObject, MetadataRecord)? {
        MetadataRecord(bytes).map { (listed, $0) }
    }

    func change(_ changes: [MetadataPlace: [UInt8]?]) {
        _ = attempt { database in
            try database.change(changes.map { ($0.key, $0.value) }, now: MetadataCache.now)
            unmeasured += changes.count
            if unmeasured >= Self.rowsBetweenLooks { try prune(database) }
        }
    }

    func empty(_ folder: Key) {
        _ = attempt { try $0.empty(folder) }
    }

    func close() {
        if let database { try? prune(database) }
        database?.close()
        database = nil
    }

    private func prune(_ database: MetadataDatabase) throws {
        unmeasured = 0
        guard try database.size() > maximumBytes else { return }
        while try database.size() > maximumBytes * 9 / 10, try database.removeOldestFolder() {}
    }

    /// Runs `body` on the database, opening it first where that is still to be done. A file that cannot be used is begun anew.
    private func attempt<Value>(_ body: (MetadataDatabase) throws -> Value) -> Value? {
        guard failures < Self.mostFailures else { return nil }
        do {
            let open = try database ?? opened()
            database = open
            return try body(open)
        } catch {
            giveUp(error)
            return nil
        }
    }

    private func opened() throws -> MetadataDatabase {
        let folder = (path as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return try MetadataDatabase(path: path)
    }

    private func giveUp(_ error: any Error) {
        // Another mount writes just now: this time it is not asked.
        guard !MetadataDatabase.isBusy(error) else { return }
        failures += 1
        database?.close()
        database = nil
        let isDamaged = MetadataDatabase.isDamaged(error)
        let consequence = failures < Self.mostFailures && isDamaged ? "it is begun anew" : "what it would have told is asked for"
        logger.warning("the metadata cache \(path) cannot be used: \(error); \(consequence), which costs requests and nothing else")
        if isDamaged { MetadataDatabase.remove(path) }
    }
}
