internal import Crypto
internal import FileSystemTypes
internal import Foundation
internal import LocalFiles
internal import ObjectStorage
internal import PosixMetadata
internal import Synchronization

extension TransferRun {
    /// Makes a file of an object; gives its size. It is there under its name only when all of it is.
    func download(_ entry: TransferEntry, from place: RemotePlace, to root: LocalPath) async throws(TransferError) -> Int64 {
        let target = root.appending(entry.path)
        try await makeFolders(above: entry.path, root)
        let beside = LocalPath(target.parent.appending(RelativePath(PartFileName.of(RelativePath(target.bytes).name, job: plan.job))).bytes)
        if entry.size <= plan.partSize, checkpoint.partial(entry.path) == nil {
            return try await fetchWhole(entry.path, place, beside, target)
        }
        return try await fetchParts(entry.path, place, beside, target)
    }

    // MARK: In one request

    private func fetchWhole(
        _ path: RelativePath, _ place: RemotePlace, _ beside: LocalPath, _ target: LocalPath
    ) async throws(TransferError) -> Int64 {
        try await enter()
        defer { slots.release() }
        let key = place.key(path)
        let file = try await open(beside, anew: true)
        do throws(TransferError) {
            let content = try await asking(place, key) { () async throws(StoreError) in
                try await place.store.get(key, range: nil, ReadConditions())
            }
            let meter = PartMeter(path, content.info.size, progress)
            try await write(content, to: file, place, key, meter, digest: content.info.md5)
            try await settle(file, content.info, target)
            return content.info.size
        } catch {
            try? await onDisk("delete", beside) { () throws(Errno) in try LocalSystem.remove(beside) }
            throw error
        }
    }

    /// Writes the bytes of an answer where they belong. With a digest that they must have it is compared.
    private func write(
        _ content: ObjectContent, to file: OpenFile, _ place: RemotePlace, _ key: Key, _ meter: PartMeter, digest: [UInt8]?
    ) async throws(TransferError) {
        var taken = BodyCheck(digest)
        var offset = content.range.offset
        do throws(TransferError) {
            while let bytes = try await asking(place, key, { () async throws(StoreError) in try await content.body.next() }) {
                await limit.pass(bytes.count)
                taken.add(bytes)
                let start = offset
                try await onDisk("write", file.path) { () throws(Errno) in try Self.write(bytes, to: file.descriptor, at: start) }
                offset += Int64(bytes.count)
                meter.add(bytes.count)
            }
            guard offset == content.range.end, taken.isRight else {
                throw TransferError(.failed, "the bytes that arrived are not those of the object; begin again")
            }
        } catch {
            content.body.cancel()
            meter.settle(false)
            throw error
        }
    }

    private static func write(_ bytes: Bytes, to file: FileDescriptor, at offset: Int64) throws(Errno) {
        var position = offset
        for index in bytes.pieces.indices {
            let piece = bytes.pieces[index]
            try file.write(piece[...], at: position)
            position += Int64(piece.count)
        }
    }

    // MARK: In ranges

    private func fetchParts(
        _ path: RelativePath, _ place: RemotePlace, _ beside: LocalPath, _ target: LocalPath
    ) async throws(TransferError) -> Int64 {
        let key = place.key(path)
        let info = try await asking(place, key) { () async throws(StoreError) in try await place.store.head(key, ReadConditions()) }
        let identity = SourceIdentity(size: info.size, etag: info.etag)
        let (file, layout, there) = try await start(path, identity, beside)
        progress.moved(path, there.reduce(0) { $0 + layout.range($1).count })
        let missing = layout.count == 0 ? [] : (1...layout.count).filter { !there.contains($0) }
        do throws(TransferError) {
            _ = try await inParallel(missing) { [self] number throws(TransferError) in
                try await fetchPart(number, layout.range(number), path, identity, file, place)
            }
        } catch {
            if error.kind == .conflict { try await drop(path, beside) }
            throw error
        }
        try await settle(file, info, target)
        try await record(.end(path))
        return info.size
    }

    private func start(
        _ path: RelativePath, _ identity: SourceIdentity, _ beside: LocalPath
    ) async throws(TransferError) -> (OpenFile, PartLayout, Set<Int>) {
        if let partial = checkpoint.partial(path) {
            if let change = partial.identity.change(to: identity) {
                try await drop(path, beside)
                throw TransferError(
                    .conflict, "it has changed since its transfer was interrupted: \(change); what was transferred is dropped, begin again")
            }
            if let file = try? await open(beside, anew: false) {
                let layout = PartLayout(size: identity.size, partSize: partial.partSize)
                return (file, layout, Set(partial.parts.keys.filter { (1...max(1, layout.count)).contains($0) }))
            }
            // The file has gone, or was moved to its place already.
            try await record(.end(path))
        }
        let layout = PartLayout(size: identity.size, partSize: plan.partSize)
        try await record(.begin(path, identity, partSize: layout.partSize, at: Timestamp.now.seconds))
        let file = try await open(beside, anew: true)
        try await onDisk("write", beside) { () throws(Errno) in if identity.size > 0 { try file.descriptor.allocate(identity.size) } }
        return (file, layout, [])
    }

    private func fetchPart(
        _ number: Int, _ range: ByteRange, _ path: RelativePath, _ identity: SourceIdentity, _ file: OpenFile, _ place: RemotePlace
    ) async throws(TransferError) {
        try await enter()
        defer { slots.release() }
        let (key, etag) = (place.key(path), identity.etag.map { ETag($0) })
        let meter = PartMeter(path, range.count, progress)
        let content = try await asking(place, key) { () async throws(StoreError) in
            try await place.store.get(key, range: range, ReadConditions(ifMatch: etag))
        }
        guard content.range == range, etag == nil || content.info.etag == etag else {
            content.body.cancel()
            throw TransferError(.conflict, "it has changed while it was transferred; begin again")
        }
        try await write(content, to: file, place, key, meter, digest: nil)
        try await onDisk("write", file.path) { () throws(Errno) in try file.descriptor.syncData() }
        try await record(.part(path, number: number, etag: identity.etag ?? "", size: range.count))
    }

    /// Takes away what there is of a file that arrives in ranges.
    func drop(_ path: RelativePath, _ beside: LocalPath) async throws(TransferError) {
        try await onDisk("delete", beside) { () throws(Errno) in
            do throws(Errno) { try LocalSystem.remove(beside) } catch { if error != .noSuchFile { throw error } }
        }
        try await record(.end(path))
    }

    // MARK: The file

    private func open(_ beside: LocalPath, anew: Bool) async throws(TransferError) -> OpenFile {
        try await onDisk("write", beside) { () throws(Errno) in
            guard anew else { return try OpenFile(beside, O_RDWR | O_NOFOLLOW) }
            do throws(Errno) { try LocalSystem.remove(beside) } catch { if error != .noSuchFile { throw error } }
            return try OpenFile(beside, O_RDWR | O_NOFOLLOW | O_CREAT | O_EXCL)
        }
    }

    /// Gives the file its attributes, makes it survive, and moves it to its place.
    private func settle(_ file: OpenFile, _ info: ObjectInfo, _ target: LocalPath) async throws(TransferError) {
        let permissions = StoredMetadata(info.metadata, isFolder: false).permissions
        let time = Comparison.time(of: info)
        let isSingle = plan.single != nil
        try await onDisk("write", target) { () throws(Errno) in
            let before = try? LocalSystem.facts(target, follow: false)
            // What runs as somebody else is not made by a transfer.
            if let permissions = permissions ?? before.flatMap({ $0.kind == .file ? $0.permissions : nil }) {
                try LocalSystem.setPermissions(file.descriptor, permissions & 0o777)
            }
            if let time { try LocalSystem.setModified(file.descriptor, time) }
            try file.descriptor.sync()
            try LocalSystem.rename(file.path, to: target)
            if isSingle { try LocalSystem.syncFolder(target.parent) }
        }
        if !isSingle { try await noteFolder(target.parent) }
    }
}

/// Holds the bytes of a body against the digest that they must have, where one is known.
private struct BodyCheck {
    private let expected: [UInt8]?
    private var digest = Insecure.MD5()

    init(_ expected: [UInt8]?) {
        self.expected = expected
    }

    mutating func add(_ bytes: Bytes) {
        guard expected != nil else { return }
        for piece in bytes.pieces { digest.update(data: piece) }
    }

    var isRight: Bool { expected.map { $0 == Array(digest.finalize()) } ?? true }
}
