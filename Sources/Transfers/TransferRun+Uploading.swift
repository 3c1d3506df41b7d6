internal import FileSystemTypes
internal import Glibc
internal import LocalFiles
internal import ObjectStorage
internal import PosixMetadata

extension TransferRun {
    /// Stores a file; gives its size.
    func upload(_ entry: TransferEntry, from root: LocalPath, to place: RemotePlace) async throws(TransferError) -> Int64 {
        let path = root.appending(entry.path)
        // A pipe that has come in the file's place must not be waited for.
        let flags = O_RDONLY | O_NONBLOCK | (plan.follow || entry.path.isEmpty ? 0 : O_NOFOLLOW)
        let (file, facts) = try await onDisk("read", path) { () throws(Errno) in
            let file = try OpenFile(path, flags)
            return (file, try LocalSystem.facts(file.descriptor))
        }
        guard facts.kind == .file else { throw TransferError(.failed, "\(path) is no plain file") }
        let attributes = Self.attributes(of: facts, entry.path.isEmpty ? RelativePath(path.bytes) : entry.path)
        if facts.size <= min(plan.partSize, TransferPlan.largestInMemory), checkpoint.partial(entry.path) == nil {
            try await put(entry.path, file, facts, attributes, place)
        } else {
            try await store(partsJob(entry.path, file, facts, attributes, place))
        }
        return facts.size
    }

    private static func attributes(of facts: LocalFacts, _ path: RelativePath) -> ObjectAttributes {
        var stored = StoredMetadata()
        stored.permissions = facts.permissions
        stored.modified = facts.modified
        let type = FileName(Array(path.name)).map { ContentType.guess(.regular, name: $0) }
        return ObjectAttributes(contentType: type, metadata: stored.written(over: [:], kind: .regular))
    }

    /// In one request, of bytes that were read before.
    private func put(
        _ path: RelativePath, _ file: OpenFile, _ facts: LocalFacts, _ attributes: ObjectAttributes, _ place: RemotePlace
    ) async throws(TransferError) {
        try await enter()
        defer { slots.release() }
        guard await memory.acquire(facts.size) else { throw .stopped }
        defer { memory.release(facts.size) }
        let bytes = try await onDisk("read", file.path) { () throws(Errno) in try file.descriptor.read(at: 0, count: Int(facts.size)) }
        let now = try await identity(file, entry: path)
        if let change = facts.identity.change(to: now) ?? (Int64(bytes.count) == facts.size ? nil : "it became shorter") {
            throw TransferError(.conflict, "it has changed while it was read: \(change); nothing was stored, begin again")
        }
        let meter = PartMeter(path, facts.size, progress)
        let body = LimitedSource(base: BytesSource(Bytes(bytes)), limit: limit, sent: meter.add)
        do throws(TransferError) {
            _ = try await asking(place, place.key(path)) { () async throws(StoreError) in
                try await place.store.put(place.key(path), body, attributes, .always)
            }
        } catch {
            meter.settle(false)
            throw error
        }
    }

    private func partsJob(
        _ path: RelativePath, _ file: OpenFile, _ facts: LocalFacts, _ attributes: ObjectAttributes, _ place: RemotePlace
    ) -> PartsJob {
        let key = place.key(path)
        return PartsJob(
            path: path, place: place, identity: facts.identity, attributes: attributes, wantedPart: plan.partSize,
            begin: { () async throws(StoreError) in Upload(key: key, id: try await place.store.createUpload(key, attributes)) },
            part: { [self] upload, number, range, meter throws(TransferError) in
                let body = LimitedSource(base: FileRange(file: file, range: range, executor: executor), limit: limit, sent: meter.add)
                return try await asking(place, key) { () async throws(StoreError) in
                    try await place.store.uploadPart(upload, number: number, body)
                }
            },
            identityNow: { [self] () async throws(TransferError) in try await identity(file, entry: path) })
    }

    /// Of what is under the file's name now, which may be another file.
    private func identity(_ file: OpenFile, entry: RelativePath) async throws(TransferError) -> SourceIdentity {
        let follow = plan.follow || entry.isEmpty
        return try await onDisk("read", file.path) { () throws(Errno) in
            let open = try LocalSystem.facts(file.descriptor)
            let named = try? LocalSystem.facts(file.path, follow: follow)
            return named?.inode == open.inode ? open.identity : named?.identity ?? SourceIdentity(size: 0, etag: nil)
        }
    }

    /// Once it has been transferred, and if it is what was listed: what was written to it since may not be in the copy.
    func removeSource(_ entry: TransferEntry) async throws(TransferError) {
        switch plan.route {
        case .up(let root, _):
            let (path, follow) = (root.appending(entry.path), plan.follow || entry.path.isEmpty)
            let isRemoved = try await onDisk("delete", path) { () throws(Errno) in
                let facts = try LocalSystem.facts(path, follow: follow)
                guard facts.size == entry.size, entry.modified == nil || facts.modified == entry.modified else { return false }
                try LocalSystem.remove(path)
                return true
            }
            guard isRemoved else { throw Self.changedAfterListing }
        case .down(let place, _), .across(let place, _, _):
            let key = place.key(entry.path)
            let isRemoved = try await asking(place, key) { () async throws(StoreError) -> Bool in
                if let etag = entry.etag, try await place.store.head(key, ReadConditions()).etag != etag { return false }
                try await place.store.delete(key)
                return true
            }
            guard isRemoved else { throw Self.changedAfterListing }
        }
    }

    private static var changedAfterListing: TransferError {
        TransferError(.conflict, "it has changed since it was listed: it was copied, and is left where it was; move it again")
    }
}
