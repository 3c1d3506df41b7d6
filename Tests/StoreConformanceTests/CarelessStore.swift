import FileSystemTypes
import ObjectStorage
import TestSupport

/// A store that is wrong in one way: for showing that the promises notice.
struct CarelessStore: ObjectStore {
    enum Flaw: CaseIterable, Sendable {
        case ignoresWriteConditions
        case ignoresReadConditions
        case ignoresRanges
        case losesMetadataOfCopies
        case repeatsTheLastKeyOfAPage
        case losesStartAfter
        case decodesPlusInKeys
        case acceptsAnyETagOfAPart
        case failsToDeleteWhatIsMissing
        case keepsAbortedUploads
        case appendsAnywhere
        case appendsWithoutMaking
        case losesAttributesOfAppended
        case takesUnknownVerbs
        case truncatesOnlyDown
        case modifiesAtTheStart
        case keepsTheOldName
        case leavesFoldersBehind
        case keepsUnnamedAttributes
    }

    let inner: MemoryBucket
    let flaw: Flaw

    var limits: StoreLimits { inner.limits }

    private func key(_ key: Key) -> Key {
        flaw == .decodesPlusInKeys ? Key(key.bytes.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }) : key
    }

    private func conditions(_ conditions: ReadConditions) -> ReadConditions {
        flaw == .ignoresReadConditions ? ReadConditions() : conditions
    }

    private func condition(_ condition: WriteCondition) -> WriteCondition {
        flaw == .ignoresWriteConditions ? .always : condition
    }

    func head(_ key: Key, _ conditions: ReadConditions) async throws(StoreError) -> ObjectInfo {
        try await inner.head(self.key(key), self.conditions(conditions))
    }

    func get(_ key: Key, range: ByteRange?, _ conditions: ReadConditions) async throws(StoreError) -> ObjectContent {
        try await inner.get(self.key(key), range: flaw == .ignoresRanges ? nil : range, self.conditions(conditions))
    }

    func put(
        _ key: Key, _ body: any ByteSource, _ attributes: ObjectAttributes, _ condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt {
        try await inner.put(self.key(key), body, attributes, self.condition(condition))
    }

    func delete(_ key: Key) async throws(StoreError) {
        if flaw == .failsToDeleteWhatIsMissing { _ = try await inner.head(key, ReadConditions()) }
        try await inner.delete(self.key(key))
    }

    func delete(_ keys: [Key]) async throws(StoreError) -> [Key: StoreError] {
        try await inner.delete(keys.map { key($0) })
    }

    func copy(_ request: CopyRequest) async throws(StoreError) -> WriteReceipt {
        var request = request
        if flaw == .losesMetadataOfCopies { request.replacing = request.replacing ?? ObjectAttributes() }
        return try await inner.copy(request)
    }

    func list(_ request: ListRequest) async throws(StoreError) -> ListPage {
        var request = request
        if flaw == .losesStartAfter { request.startAfter = nil }
        var page = try await inner.list(request)
        if flaw == .repeatsTheLastKeyOfAPage, page.next != nil, let last = page.objects.last { page.objects.append(last) }
        return page
    }

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
        var parts = parts
        if flaw == .acceptsAnyETagOfAPart {
            let known = try await inner.listParts(upload)
            parts = parts.map { part in known.first { $0.number == part.number } ?? part }
        }
        return try await inner.completeUpload(upload, parts: parts, self.condition(condition))
    }

    func abortUpload(_ upload: Upload) async throws(StoreError) {
        if flaw != .keepsAbortedUploads { try await inner.abortUpload(upload) }
    }

    func listParts(_ upload: Upload) async throws(StoreError) -> [UploadedPart] {
        try await inner.listParts(upload)
    }

    func listUploads(prefix: Key) async throws(StoreError) -> [Upload] {
        try await inner.listUploads(prefix: prefix)
    }
}
