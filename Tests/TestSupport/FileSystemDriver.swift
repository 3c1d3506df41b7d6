package import FileSystemTypes
package import ObjectStorage
import Synchronization

/// Applies operations to a `FileSystem` as the kernel would: looks each name of a path up, checks what the kernel checks
/// itself (path_resolution(7), open(2), rename(2)), and forgets every entry it was given.
package final class FileSystemDriver: OperationDriver {
    let fileSystem: any FileSystem
    let remote: (any ObjectStore)?
    let caller: Caller
    let references = Mutex<[Inode: UInt64]>([:])

    /// `remote` is the bucket below the file system, in which other clients' operations are carried out.
    package init(_ fileSystem: any FileSystem, remote: (any ObjectStore)? = nil, caller: Caller = Caller(userID: 0, groupID: 0, processID: 1)) {
        self.fileSystem = fileSystem
        self.remote = remote
        self.caller = caller
    }

    package func apply(_ operation: Operation) async -> Outcome {
        let outcome: Outcome
        do {
            outcome = try await perform(operation)
        } catch {
            outcome = .failed(error)
        }
        forgetAll()
        return outcome
    }

    package func snapshot() async throws(Errno) -> TreeSnapshot {
        try await walk()
    }

    private func perform(_ operation: Operation) async throws(Errno) -> Outcome {
        switch operation {
        case .create(let path): try await create(path)
        case .overwrite(let path, let payload): try await overwrite(path, payload.bytes)
        case .write(let path, let offset, let payload): try await edit(path, payload.bytes, at: offset)
        case .append(let path, let payload): try await edit(path, payload.bytes, at: nil)
        case .truncate(let path, let size): try await truncate(path, to: size)
        case .read(let path, let offset, let count): return .bytes(try await read(path, at: offset, count: count))
        case .makeDirectory(let path): try await makeDirectory(path)
        case .removeDirectory(let path): try await removeDirectory(path)
        case .unlink(let path): try await unlink(path)
        case .rename(let path, let target): try await rename(path, to: target)
        case .list(let path): return .names(try await list(path))
        case .stat(let path): return try await stat(path)
        case .remotePut, .remotePutFolder, .remoteDelete: return await perform(remote: operation)
        }
        return .done
    }
}

// MARK: Lookups

extension FileSystemDriver {
    func hold(_ inode: Inode) {
        references.withLock { $0[inode, default: 0] += 1 }
    }

    func forgetAll() {
        let held = references.withLock { references in
            defer { references = [:] }
            return references
        }
        for (inode, count) in held { fileSystem.forget(inode, count: count) }
    }

    func find(_ name: FileName, in parent: Inode) async throws(Errno) -> Entry? {
        guard case .found(let entry) = try await fileSystem.lookup(name, in: parent, for: caller) else { return nil }
        hold(entry.inode)
        return entry
    }

    func existing(_ name: FileName, in parent: Inode) async throws(Errno) -> Entry {
        guard let entry = try await find(name, in: parent) else { throw .noSuchFile }
        return entry
    }

    func resolve(_ path: TreePath) async throws(Errno) -> (Inode, FileKind) {
        var current = (Inode.root, FileKind.directory)
        for name in path.names {
            guard current.1 == .directory else { throw .notDirectory }
            let entry = try await existing(name, in: current.0)
            current = (entry.inode, entry.attributes.kind)
        }
        return current
    }

    func file(_ path: TreePath) async throws(Errno) -> Inode {
        let (inode, kind) = try await resolve(path)
        guard kind != .directory else { throw .isDirectory }
        return inode
    }

    func place(_ path: TreePath) async throws(Errno) -> (FileName, Inode) {
        guard let name = path.name else { throw .busy }
        let (parent, kind) = try await resolve(path.parent)
        guard kind == .directory else { throw .notDirectory }
        return (name, parent)
    }
}

// MARK: Other clients

extension FileSystemDriver {
    private func perform(remote operation: Operation) async -> Outcome {
        guard let remote else { return .notApplicable }
        do {
            switch operation {
            case .remotePut(let path, let payload):
                _ = try await remote.put(path.key, BytesSource(Bytes(payload.bytes)), ObjectAttributes(), .always)
            case .remotePutFolder(let path):
                _ = try await remote.put(path.folderKey, BytesSource(Bytes()), ObjectAttributes(), .always)
            case .remoteDelete(let path):
                try await remote.delete(path.key)
                try await remote.delete(path.folderKey)
            default: return .notApplicable
            }
            return .done
        } catch {
            return .failed(.inputOutput)
        }
    }
}
