import FileSystemTypes
import ObjectStorage
import Synchronization
import TestSupport

/// What may go wrong with the body of an answer.
enum Damage: Sendable {
    case flippedBit
    /// The same; the ETag is no MD5, and the answer tells this checksum of what it should be.
    case flippedBitUnder(ObjectChecksum)
    case tooShort
    case tooLong
    /// It never comes.
    case hanging
    /// The store ignores conditions and answers with whatever it has.
    case unconditional
    /// It names no versions; `changing`: each answer is of an object that is younger than the one before.
    case unversioned(changing: Bool)
}

/// A store that passes reads on and damages the first so many of the answers.
final class DamagingStore: ObjectStore {
    private let inner: FaultingStore
    private let damage: Damage
    private let left: Mutex<Int>
    /// Bodies that were cancelled before their end.
    let cancelled = Atomic<Int>(0)

    init(_ inner: FaultingStore, _ damage: Damage, times: Int) {
        self.inner = inner
        self.damage = damage
        left = Mutex(times)
    }

    var limits: StoreLimits { inner.limits }
    var capabilities: Capabilities { inner.capabilities }

    func get(_ key: Key, range: ByteRange?, _ conditions: ReadConditions) async throws(StoreError) -> ObjectContent {
        let isDamaged = left.withLock { left in
            left -= 1
            return left >= 0
        }
        guard isDamaged else { return try await inner.get(key, range: range, conditions) }
        if case .hanging = damage { return try await hang() }
        if case .unversioned(let isChanging) = damage {
            let content = try await inner.get(key, range: range, conditions)
            var info = content.info
            (info.etag, info.md5) = (nil, nil)
            if isChanging { info.lastModified = .now }
            return ObjectContent(info: info, range: content.range, body: content.body)
        }
        let asked = if case .unconditional = damage { ReadConditions() } else { conditions }
        let content = try await inner.get(key, range: range, asked)
        let bytes = damaged(try await content.collect().contiguous)
        var info = content.info
        if case .flippedBitUnder(let checksum) = damage { (info.md5, info.checksum) = (nil, checksum) }
        return ObjectContent(info: info, range: content.range, body: BytesBody(Bytes(bytes)))
    }

    private func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        switch damage {
        case .flippedBit, .flippedBitUnder: bytes[bytes.count / 2] ^= 4
        case .tooShort: bytes.removeLast()
        case .tooLong: bytes.append(0)
        case .hanging, .unconditional, .unversioned: break
        }
        return bytes
    }

    private func hang() async throws(StoreError) -> ObjectContent {
        do {
            try await Task.sleep(for: .seconds(60))
        } catch {
            cancelled.add(1, ordering: .relaxed)
        }
        throw StoreError(.cancelled, "nobody waits any more")
    }
}

extension DamagingStore {
    func head(_ key: Key, _ conditions: ReadConditions) async throws(StoreError) -> ObjectInfo { try await inner.head(key, conditions) }
    func put(
        _ key: Key, _ body: any ByteSource, _ attributes: ObjectAttributes, _ condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt { try await inner.put(key, body, attributes, condition) }
    func delete(_ key: Key) async throws(StoreError) { try await inner.delete(key) }
    func delete(_ keys: [Key]) async throws(StoreError) -> [Key: StoreError] { try await inner.delete(keys) }
    func copy(_ request: CopyRequest) async throws(StoreError) -> WriteReceipt { try await inner.copy(request) }
    func list(_ request: ListRequest) async throws(StoreError) -> ListPage { try await inner.list(request) }
    func createUpload(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError) -> UploadID {
        try await inner.createUpload(key, attributes)
    }
    func uploadPart(_ upload: Upload, number: Int, _ body: any ByteSource) async throws(StoreError) -> UploadedPart {
        try await inner.uploadPart(upload, number: number, body)
    }
    func copyPart(
        _ upload: Upload, number: Int, from source: Key, range: ByteRange, ifSourceMatches: ETag?
    ) async throws(StoreError) -> UploadedPart {
        try await inner.copyPart(upload, number: number, from: source, range: range, ifSourceMatches: ifSourceMatches)
    }
    func completeUpload(_ upload: Upload, parts: [UploadedPart], _ condition: WriteCondition) async throws(StoreError) -> WriteReceipt {
        try await inner.completeUpload(upload, parts: parts, condition)
    }
    func abortUpload(_ upload: Upload) async throws(StoreError) { try await inner.abortUpload(upload) }
    func listParts(_ upload: Upload) async throws(StoreError) -> [UploadedPart] { try await inner.listParts(upload) }
    func listUploads(prefix: Key) async throws(StoreError) -> [Upload] { try await inner.listUploads(prefix: prefix) }
    func append(
        _ key: Key, at position: Int64, _ body: any ByteSource, _ attributes: ObjectAttributes
    ) async throws(StoreError) -> AppendReceipt { try await inner.append(key, at: position, body, attributes) }
    func modify(_ key: Key, at position: Int64, _ body: any ByteSource) async throws(StoreError) -> WriteReceipt {
        try await inner.modify(key, at: position, body)
    }
    func truncate(_ key: Key, to size: Int64) async throws(StoreError) { try await inner.truncate(key, to: size) }
    func rename(_ key: Key, to destination: Key) async throws(StoreError) { try await inner.rename(key, to: destination) }
    func replaceAttributes(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError) {
        try await inner.replaceAttributes(key, attributes)
    }
}
