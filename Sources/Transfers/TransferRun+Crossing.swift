internal import FileSystemTypes
internal import ObjectStorage

extension TransferRun {
    /// Makes an object of another one; gives its size.
    func cross(
        _ entry: TransferEntry, from source: RemotePlace, to target: RemotePlace, _ server: (any ServerCopying)?
    ) async throws(TransferError) -> Int64 {
        let (path, key) = (entry.path, source.key(entry.path))
        let isPartial = checkpoint.partial(path) != nil
        if let server, entry.size <= server.largestCopy, !isPartial {
            try await enter()
            defer { slots.release() }
            try await asking(source, key) { () async throws(StoreError) in
                try await server.copy(key, to: target.key(path), ifMatches: entry.etag)
            }
            return entry.size
        }
        if server == nil, entry.size <= min(plan.partSize, TransferPlan.largestInMemory), !isPartial {
            return try await carry(path, source, target)
        }
        let info = try await asking(source, key) { () async throws(StoreError) in try await source.store.head(key, ReadConditions()) }
        try await store(job(path, info, source, target, server))
        return info.size
    }

    /// Through the memory of this machine, in one request each.
    private func carry(_ path: RelativePath, _ source: RemotePlace, _ target: RemotePlace) async throws(TransferError) -> Int64 {
        try await enter()
        defer { slots.release() }
        let (key, most) = (source.key(path), TransferPlan.largestInMemory)
        guard await memory.acquire(most) else { throw .stopped }
        defer { memory.release(most) }
        let content = try await asking(source, key) { () async throws(StoreError) in
            try await source.store.get(key, range: nil, ReadConditions())
        }
        let meter = PartMeter(path, content.info.size, progress)
        let bytes = try await collect(content, source, key, meter)
        _ = try await asking(target, target.key(path)) { () async throws(StoreError) in
            try await target.store.put(target.key(path), BytesSource(bytes), ObjectAttributes(carriedFrom: content.info), .always)
        }
        return content.info.size
    }

    private func collect(_ content: ObjectContent, _ place: RemotePlace, _ key: Key, _ meter: PartMeter) async throws(TransferError) -> Bytes {
        var bytes = Bytes()
        while let more = try await asking(place, key, { () async throws(StoreError) in try await content.body.next() }) {
            await limit.pass(more.count)
            bytes.append(more)
            meter.add(more.count)
        }
        guard Int64(bytes.count) == content.range.count else { throw TransferError(.failed, "not all bytes of it arrived; begin again") }
        return bytes
    }

    private func job(
        _ path: RelativePath, _ info: ObjectInfo, _ source: RemotePlace, _ target: RemotePlace, _ server: (any ServerCopying)?
    ) -> PartsJob {
        let (key, targetKey, etag) = (source.key(path), target.key(path), info.etag)
        let attributes = ObjectAttributes(carriedFrom: info)
        return PartsJob(
            path: path, place: target, identity: SourceIdentity(size: info.size, etag: etag), attributes: attributes,
            wantedPart: server?.partSize ?? plan.partSize,
            begin: { () async throws(StoreError) in
                if let server { return try await server.begin(targetKey, like: key) }
                return Upload(key: targetKey, id: try await target.store.createUpload(targetKey, attributes))
            },
            part: { [self] upload, number, range, meter throws(TransferError) in
                if let server, let part = try await copyPart(upload, number, range, etag, of: key, source, by: server) { return part }
                return try await carryPart(upload, number, range, etag, from: source, key, to: target, meter)
            },
            identityNow: { [self] () async throws(TransferError) in
                let now = try await asking(source, key) { () async throws(StoreError) in try await source.store.head(key, ReadConditions()) }
                return SourceIdentity(size: now.size, etag: now.etag)
            })
    }

    /// Nil where the store does not copy this range: there are stores that copy ranges of large objects only.
    private func copyPart(
        _ upload: Upload, _ number: Int, _ range: ByteRange, _ etag: ETag?, of key: Key, _ source: RemotePlace, by server: any ServerCopying
    ) async throws(TransferError) -> UploadedPart? {
        try await asking(source, key) { () async throws(StoreError) in
            do throws(StoreError) {
                return try await server.copyPart(number, range, of: key, to: upload, ifMatches: etag)
            } catch {
                guard [.invalidRequest, .unsupported].contains(error.reason) else { throw error }
                return nil
            }
        }
    }

    private func carryPart(
        _ upload: Upload, _ number: Int, _ range: ByteRange, _ etag: ETag?, from source: RemotePlace, _ key: Key, to target: RemotePlace,
        _ meter: PartMeter
    ) async throws(TransferError) -> UploadedPart {
        guard await memory.acquire(range.count) else { throw .stopped }
        defer { memory.release(range.count) }
        let content = try await asking(source, key) { () async throws(StoreError) in
            try await source.store.get(key, range: range, ReadConditions(ifMatch: etag))
        }
        let bytes = try await collect(content, source, key, meter)
        return try await asking(target, upload.key) { () async throws(StoreError) in
            try await target.store.uploadPart(upload, number: number, BytesSource(bytes))
        }
    }
}

extension ObjectAttributes {
    /// For another store: its classes are not known there.
    fileprivate init(carriedFrom info: ObjectInfo) {
        self.init(of: info)
        storageClass = nil
    }
}
