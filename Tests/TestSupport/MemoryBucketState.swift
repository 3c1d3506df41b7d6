import FileSystemTypes
import ObjectStorage

/// The content of one bucket of a `MemoryStore`: a value, so that each rule is a plain function.
struct MemoryBucketState: Sendable {
    private(set) var objects: [Key: MemoryObject] = [:]
    private(set) var keys = SortedKeys()
    var uploads: [UploadID: MemoryUpload] = [:]
    var counts = RequestCounts()
    let created = Timestamp(seconds: Timestamp.now.seconds)

    func object(_ key: Key, _ conditions: ReadConditions) throws(StoreError) -> MemoryObject {
        guard conditions.version == nil else {
            throw StoreError(.unsupported, "this store keeps no versions", status: 501, serviceCode: "NotImplemented")
        }
        guard let object = objects[key] else { throw MemoryBucketState.noSuchKey(key) }
        if let wanted = conditions.ifMatch, wanted != object.etag { throw MemoryBucketState.preconditionFailed(key) }
        if conditions.ifNoneMatch == object.etag {
            throw StoreError(.notModified, "\(key) is still this version", status: 304, serviceCode: "NotModified")
        }
        return object
    }

    mutating func store(_ object: MemoryObject, as key: Key, _ condition: WriteCondition) throws(StoreError) -> WriteReceipt {
        try check(condition, of: key)
        objects[key] = object
        keys.insert(key)
        return object.receipt
    }

    mutating func remove(_ key: Key) {
        objects[key] = nil
        keys.remove(key)
    }

    private func check(_ condition: WriteCondition, of key: Key) throws(StoreError) {
        switch condition {
        case .always: return
        case .absent:
            if objects[key] != nil { throw MemoryBucketState.preconditionFailed(key) }
        case .matches(let etag):
            if objects[key]?.etag != etag { throw MemoryBucketState.preconditionFailed(key) }
        }
    }

    func upload(_ upload: Upload) throws(StoreError) -> MemoryUpload {
        guard let found = uploads[upload.id], found.key == upload.key else {
            throw StoreError(.noSuchUpload, "there is no upload \(upload.id)", status: 404, serviceCode: "NoSuchUpload")
        }
        return found
    }

    mutating func add(_ bytes: [UInt8], asPart number: Int, of upload: Upload) throws(StoreError) -> UploadedPart {
        var found = try self.upload(upload)
        let part = MemoryUpload.Part(bytes: bytes, digest: Digest.md5(bytes))
        found.parts[number] = part
        uploads[upload.id] = found
        return UploadedPart(number: number, etag: Digest.etag(of: part.digest), size: Int64(bytes.count))
    }

    static func noSuchKey(_ key: Key) -> StoreError {
        StoreError(.noSuchKey, "there is no object \(key)", status: 404, serviceCode: "NoSuchKey")
    }

    static func preconditionFailed(_ key: Key) -> StoreError {
        StoreError(.preconditionFailed, "\(key) is not in the state asked for", status: 412, serviceCode: "PreconditionFailed")
    }
}

/// What S3 refuses before it looks at its objects.
struct MemoryRules: Sendable {
    let limits: StoreLimits

    func check(_ key: Key) throws(StoreError) {
        guard !key.bytes.isEmpty else { throw invalid("a key has at least one byte") }
        guard key.bytes.count <= limits.key else {
            throw StoreError(.keyTooLong, "the key has more than \(limits.key) bytes", status: 400, serviceCode: "KeyTooLongError")
        }
    }

    func check(_ attributes: ObjectAttributes) throws(StoreError) {
        var total = 0
        for (name, value) in attributes.metadata {
            guard name == name.lowercased(), name.utf8.allSatisfy({ $0 > 32 && $0 < 127 }), !name.isEmpty else {
                throw invalid("metadata names are in lower case and ASCII: \(name)")
            }
            guard value.utf8.allSatisfy({ $0 >= 32 && $0 < 127 }) else { throw invalid("metadata values are printable ASCII: \(name)") }
            total += name.utf8.count + value.utf8.count
        }
        guard total <= limits.metadata else {
            throw StoreError(.metadataTooLarge, "more than \(limits.metadata) bytes of metadata", status: 400, serviceCode: "MetadataTooLarge")
        }
    }

    func check(size: Int64, within limit: Int64) throws(StoreError) {
        guard size <= limit else {
            throw StoreError(.tooLarge, "\(size) bytes are more than \(limit)", status: 400, serviceCode: "EntityTooLarge")
        }
    }

    func check(partNumber: Int) throws(StoreError) {
        guard (1...limits.parts).contains(partNumber) else { throw invalid("part numbers are 1 to \(limits.parts)") }
    }

    func invalid(_ message: String) -> StoreError {
        StoreError(.invalidRequest, message, status: 400, serviceCode: "InvalidArgument")
    }
}
