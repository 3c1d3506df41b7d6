import FileSystemTypes
import NIOHTTP1
import ObjectStorage
import Synchronization

/// Buckets of OBS that are file systems: objects can be written to in the middle, cut and renamed, and folders are there by themselves.
extension Service {
    /// What a file system has not, by the parameters that ask for it.
    private static let refusedParameters: Set<String> = [
        "append", "cors", "replication", "restore", "tagging", "versionId", "versioning", "versions", "website", "x-image-process",
    ]

    /// Refuses what is asked of the wrong kind of bucket. Before all else, as the service does not look further either.
    func checkKindOfBucket(_ head: HTTPRequestHead, _ name: ResourceName, _ target: RequestTarget) throws(ServiceError) {
        guard dialect.hasFileSystems, let name = name.bucket, let bucket = try? folder.bucket(name), bucket.isFileSystem else { return }
        if target.query.contains(where: { Self.refusedParameters.contains($0.name) }) { throw .unsupportedByFileSystem }
        let encryption = dialect.header("server-side-encryption-customer-")
        if head.headers.contains(where: { $0.name.lowercased().hasPrefix(encryption) }) { throw .unsupportedByFileSystem }
        if target.has("inventory") { throw ServiceError(400, "FileGatewayBucket", "The bucket is a parallel file system.") }
    }

    private func fileSystem(_ request: Request) throws(ServiceError) -> Bucket {
        let bucket = try bucket(request)
        guard bucket.isFileSystem else { throw .methodNotAllowed }
        return bucket
    }

    /// Writes in the middle of a file, which grows as needed and is made where there is none.
    func modifyObject(_ request: Request, _ claim: PayloadClaim) async throws -> Response {
        let bucket = try fileSystem(request)
        let position = try Self.number(request, "position")
        let key = try request.key()
        let attributes = try request.attributes()
        let receiver = try BodyReceiver(request, claim, maximum: dialect.limits.singlePut)
        var spool = BodySpool(folder)
        let summary = try await receiver.receive(into: &spool)
        guard position + summary.count <= dialect.limits.object else { throw ServiceError.entityTooLarge }
        let content = spool.content
        let writer = TailWriter(folder)
        let manifest = try bucket.editing.withLock { _ in
            try edit(key, in: bucket, makingIt: attributes) { segments, size in
                let written = if case .segments(let own) = content.content { own } else { try writer.segments(of: content.inline) }
                let end = position + summary.count
                let before = segments.slice(from: 0, count: min(position, size)) + (try writer.hole(position - size))
                return before + written + (end < size ? segments.slice(from: end, count: size - end) : [])
            }
        }
        return Response(200, headers: ["ETag": "\"\(manifest.etag)\""])
    }

    /// Cuts a file, or makes it longer by zeros.
    func truncateObject(_ request: Request) throws -> Response {
        let bucket = try fileSystem(request)
        let length = try Self.number(request, "length")
        let key = try request.key()
        guard length <= dialect.limits.object else { throw ServiceError.entityTooLarge }
        let writer = TailWriter(folder)
        _ = try bucket.editing.withLock { _ in
            try edit(key, in: bucket, makingIt: nil) { segments, size in
                segments.slice(from: 0, count: min(length, size)) + (try writer.hole(length - size))
            }
        }
        return Response(204)
    }

    private static func number(_ request: Request, _ name: String) throws(ServiceError) -> Int64 {
        guard let number = request.target[name].flatMap({ Int64($0) }), number >= 0 else {
            throw .invalidArgument("Argument \(name) must be a number from 0 on")
        }
        return number
    }

    /// Gives a file other bytes: `change` makes them of those it has and their count. With attributes it is made where there is none.
    private func edit(
        _ key: Key, in bucket: Bucket, makingIt attributes: StoredAttributes?, _ change: ([Segment], Int64) throws -> [Segment]
    ) throws -> Manifest {
        guard key.bytes.last != UInt8(ascii: "/") else { throw ServiceError.fileSystemConflict }
        while true {
            let current = bucket.object(key)
            let new = attributes.map {
                Manifest(key: key, generation: 0, size: 0, etag: "", modified: .now, attributes: $0, content: .segments([]))
            }
            guard var manifest = current?.manifest ?? new else { throw ServiceError.noSuchKey }
            do {
                let writer = TailWriter(folder)
                let segments = try current.map { try writer.segments(of: $0, inline(of: $0, in: bucket)) } ?? []
                let changed = try writer.compacted(change(segments, manifest.size))
                manifest.content = .segments(changed)
                manifest.size = changed.reduce(0) { $0 + $1.count }
                manifest.generation = folder.generations.next()
                manifest.etag = KeyRing.random(16)
                manifest.modified = .now
                manifest.checksum = nil
                manifest.partSizes = []
                manifest.properties["modified"] = "true"
                return try bucket.place(manifest, .none, replacing: current).manifest
            } catch is Bucket.Overtaken {
                continue
            }
        }
    }

    /// Renames a file, or a folder with everything below it, at one moment.
    func renameObject(_ request: Request) throws -> Response {
        let bucket = try fileSystem(request)
        let source = try request.key()
        let text = request.target["name"] ?? ""
        let target = Key(text.hasPrefix("/") ? String(text.dropFirst()) : text)
        guard !target.bytes.isEmpty, target.bytes.count <= dialect.limits.key else { throw ServiceError.invalidArgument("The new name is not valid") }
        guard target.isFolder == source.isFolder else { throw ServiceError.invalidArgument("A folder's name ends with a slash, a file's does not") }
        try bucket.editing.withLock { _ in try bucket.rename(source, to: target, folder.generations) }
        return Response(204)
    }
}

extension ServiceError {
    static let unsupportedByFileSystem = ServiceError(405, "FsNotSupport", "The operation is not supported by parallel file systems.")
    static let fileSystemConflict = ServiceError(409, "FsObjectConflict", "A file and a folder cannot have the same name.")
    static let renameConflict = ServiceError(409, "FsRenameConflict", "The target of the rename is there already.")
    static let directoryNotEmpty = ServiceError(409, "DirectoryNotEmpty", "The directory is not empty.")
}
