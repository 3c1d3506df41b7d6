package import FileSystemTypes
package import ObjectStorage
import Synchronization

extension MemoryBucket {
    package func createUpload(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError) -> UploadID {
        let number = store.state.withLock { state in
            defer { state.nextUpload += 1 }
            return state.nextUpload
        }
        return try request(.createUpload) { bucket throws(StoreError) in
            try rules.check(key)
            try rules.check(attributes)
            let id = UploadID("upload-\(number)")
            bucket.uploads[id] = MemoryUpload(key: key, attributes: attributes, initiated: Timestamp(seconds: Timestamp.now.seconds))
            return id
        }
    }

    package func uploadPart(_ upload: Upload, number: Int, _ body: any ByteSource) async throws(StoreError) -> UploadedPart {
        let bytes = try await collect(body, upTo: limits.maximumPart)
        return try request(.uploadPart, receiving: bytes.count) { bucket throws(StoreError) in
            try rules.check(partNumber: number)
            return try bucket.add(bytes, asPart: number, of: upload)
        }
    }

    package func copyPart(
        _ upload: Upload, number: Int, from source: Key, range: ByteRange, ifSourceMatches: ETag?
    ) async throws(StoreError) -> UploadedPart {
        try request(.copyPart) { bucket throws(StoreError) in
            try rules.check(partNumber: number)
            _ = try bucket.upload(upload)
            try rules.check(size: range.count, within: limits.maximumPart)
            guard store.capabilities.partCopy else {
                guard store.takesUnknownVerbsForPuts else { throw rules.unsupported("copying of parts") }
                return try bucket.add([], asPart: number, of: upload)
            }
            let condition = store.capabilities.partCopyIfSourceMatches ? ifSourceMatches : nil
            let object = try bucket.object(source, ReadConditions(ifMatch: condition))
            guard !range.isEmpty, range.end <= Int64(object.bytes.count) else {
                throw StoreError(.invalidRange, "\(source) has only \(object.bytes.count) bytes", status: 416, serviceCode: "InvalidRange")
            }
            return try bucket.add(Array(object.bytes[Int(range.offset)..<Int(range.end)]), asPart: number, of: upload)
        }
    }

    package func completeUpload(
        _ upload: Upload, parts: [UploadedPart], _ condition: WriteCondition
    ) async throws(StoreError) -> WriteReceipt {
        try request(.completeUpload) { bucket throws(StoreError) in
            let found = try bucket.upload(upload)
            let object = try assemble(parts, of: found)
            let receipt = try bucket.store(object, as: upload.key, known(condition, completing: true))
            bucket.uploads[upload.id] = nil
            return receipt
        }
    }

    private func assemble(_ parts: [UploadedPart], of upload: MemoryUpload) throws(StoreError) -> MemoryObject {
        guard !parts.isEmpty else { throw StoreError(.invalidRequest, "no part is named", status: 400, serviceCode: "MalformedXML") }
        guard zip(parts, parts.dropFirst()).allSatisfy({ $0.number < $1.number }) else {
            throw StoreError(.invalidPart, "the parts are not in ascending order", status: 400, serviceCode: "InvalidPartOrder")
        }
        var bytes: [UInt8] = []
        var digests: [UInt8] = []
        for (index, part) in parts.enumerated() {
            let stored = try self.part(part, of: upload, isLast: index == parts.count - 1)
            bytes.append(contentsOf: stored.bytes)
            digests.append(contentsOf: stored.digest)
        }
        try rules.check(size: Int64(bytes.count), within: limits.object)
        return MemoryObject(
            bytes: bytes, etag: Digest.etag(of: Digest.md5(digests), parts: parts.count), attributes: upload.attributes)
    }

    private func part(_ part: UploadedPart, of upload: MemoryUpload, isLast: Bool) throws(StoreError) -> MemoryUpload.Part {
        guard let stored = upload.parts[part.number], Digest.etag(of: stored.digest) == part.etag else {
            throw StoreError(.invalidPart, "part \(part.number) is not there as named", status: 400, serviceCode: "InvalidPart")
        }
        guard isLast || Int64(stored.bytes.count) >= limits.minimumPart else {
            throw StoreError(.invalidPart, "part \(part.number) is too small", status: 400, serviceCode: "EntityTooSmall")
        }
        return stored
    }

    package func abortUpload(_ upload: Upload) async throws(StoreError) {
        try request(.abortUpload) { bucket throws(StoreError) in
            if bucket.uploads[upload.id]?.key == upload.key { bucket.uploads[upload.id] = nil }
        }
    }

    package func listParts(_ upload: Upload) async throws(StoreError) -> [UploadedPart] {
        try request(.listParts) { bucket throws(StoreError) in
            let found = try bucket.upload(upload)
            return found.parts.sorted { $0.key < $1.key }.map { number, part in
                UploadedPart(number: number, etag: Digest.etag(of: part.digest), size: Int64(part.bytes.count))
            }
        }
    }

    package func listUploads(prefix: Key) async throws(StoreError) -> [Upload] {
        try request(.listUploads) { bucket throws(StoreError) in
            bucket.uploads.filter { $0.value.key.bytes.starts(with: prefix.bytes) }
                .map { Upload(key: $1.key, id: $0, initiated: $1.initiated) }
                .sorted { ($0.key, $0.id.text) < ($1.key, $1.id.text) }
        }
    }
}
