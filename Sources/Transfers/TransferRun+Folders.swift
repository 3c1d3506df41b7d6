internal import FileSystemTypes
internal import LocalFiles
internal import Synchronization

extension TransferRun {
    /// So many folders with new names in them wait to be synced.
    private static let mostUnsynced = 64

    /// Makes the folders that a file lies in. Below the target no symbolic link is gone through, unless links are to be followed.
    func makeFolders(above path: RelativePath, _ root: LocalPath) async throws(TransferError) {
        let folder = root.appending(RelativePath(Array(path.folder.dropLast())))
        if path.isEmpty { return try await onDisk("make the folder", root.parent) { () throws(Errno) in try Self.makeAll(root.parent) } }
        if state.withLock({ $0.knownFolder == folder }) { return }
        let (parts, follow) = (path.bytes.split(separator: RelativePath.slash).dropLast(), plan.follow)
        try await onDisk("make the folder", folder) { () throws(Errno) in
            try Self.makeAll(root)
            var place = root
            for part in parts {
                place = place.appending(RelativePath(Array(part)))
                try Self.make(place, follow: follow)
            }
        }
        state.withLock { $0.knownFolder = folder }
    }

    private static func make(_ folder: LocalPath, follow: Bool) throws(Errno) {
        do throws(Errno) {
            try LocalSystem.makeFolder(folder)
        } catch {
            guard error == .exists else { throw error }
            let kind = try LocalSystem.facts(folder, follow: follow).kind
            guard kind == .folder else { throw kind == .link ? .tooManySymbolicLinks : .notDirectory }
        }
    }

    /// The folder that the user named, and those above it.
    private static func makeAll(_ folder: LocalPath) throws(Errno) {
        if let facts = try? LocalSystem.facts(folder, follow: true) {
            guard facts.kind == .folder else { throw .notDirectory }
            return
        }
        if folder.parent != folder { try makeAll(folder.parent) }
        do throws(Errno) { try LocalSystem.makeFolder(folder) } catch { if error != .exists { throw error } }
    }

    /// Its names are made to survive later, together.
    func noteFolder(_ folder: LocalPath) async throws(TransferError) {
        let isFull = state.withLock { state in
            state.unsynced.insert(folder)
            return state.unsynced.count > Self.mostUnsynced
        }
        if isFull { try await syncFolders() }
    }

    func syncFolders() async throws(TransferError) {
        let folders = state.withLock { state in
            defer { state.unsynced = [] }
            return state.unsynced
        }
        for folder in folders {
            try await onDisk("write", folder) { () throws(Errno) in
                do throws(Errno) { try LocalSystem.syncFolder(folder) } catch { if error != .noSuchFile { throw error } }
            }
        }
    }
}
