internal import FileSystemTypes
internal import Synchronization
package import Threads

/// The files below a folder in the order of listings of a bucket. In memory are the names of one folder for each level of depth.
///
/// Symbolic links are left out unless they are to be followed, and so is what is neither file nor folder; `note` is told of each. Of a folder
/// that cannot be read `note` is told too, and the walk goes on, but it is not `isComplete` any more.
package final class LocalWalk: EntryStream {
    /// One thing that is left out, and whether that is a failure.
    package typealias Note = @Sendable (_ path: RelativePath, _ text: String, _ isFailure: Bool) -> Void

    private struct Folder {
        /// With the slash at the end; empty for the folder itself.
        let prefix: [UInt8]
        /// In descending order: the next is the last. Names of folders end in a slash.
        var names: [[UInt8]]
        /// Those above it that it must not be one of: device and inode.
        let ancestors: Set<[UInt64]>
    }

    private struct State {
        var folders: [Folder]?
        var ready: [TransferEntry] = []
        var isComplete = true
    }

    private static let batch = 256

    private let root: LocalPath
    private let follow: Bool
    private let executor: BlockingExecutor
    private let note: Note
    /// Of one reader; held while it reads folders on a thread that may block.
    private let state = Mutex(State())

    package init(_ root: LocalPath, follow: Bool, on executor: BlockingExecutor, note: @escaping Note) {
        self.root = root
        self.follow = follow
        self.executor = executor
        self.note = note
    }

    /// Whether nothing was left out because it could not be read. Of use after the last entry.
    package var isComplete: Bool { state.withLock { $0.isComplete } }

    package func next() async throws(TransferError) -> TransferEntry? {
        if let entry = state.withLock({ $0.ready.popLast() }) { return entry }
        do throws(Errno) {
            try await executor.run { [self] () throws(Errno) in
                try state.withLock { state throws(Errno) in try fill(&state) }
            }
        } catch {
            throw TransferError(error, "read the folder", root)
        }
        return state.withLock { $0.ready.popLast() }
    }

    private func fill(_ state: inout State) throws(Errno) {
        var folders = state.folders ?? []
        if state.folders == nil { folders = [try folder([], ancestors: [])] }
        while state.ready.count < Self.batch, let name = Self.nextName(&folders) {
            let path = RelativePath(name.prefix + name.bytes)
            guard name.bytes.last == RelativePath.slash else {
                if let entry = entry(path, &state) { state.ready.append(entry) }
                continue
            }
            do throws(Errno) {
                folders.append(try folder(path.bytes, ancestors: name.ancestors))
            } catch {
                state.isComplete = false
                note(RelativePath(Array(path.bytes.dropLast())), "cannot read the folder: \(error)", true)
            }
        }
        state.folders = folders
        state.ready.reverse()
    }

    private static func nextName(_ folders: inout [Folder]) -> (prefix: [UInt8], bytes: [UInt8], ancestors: Set<[UInt64]>)? {
        while let last = folders.indices.last {
            if let name = folders[last].names.popLast() { return (folders[last].prefix, name, folders[last].ancestors) }
            folders.removeLast()
        }
        return nil
    }

    private func folder(_ prefix: [UInt8], ancestors: Set<[UInt64]>) throws(Errno) -> Folder {
        let path = root.appending(RelativePath(Array(prefix.dropLast())))
        var ancestors = ancestors
        let facts = try LocalSystem.facts(path, follow: true)
        guard ancestors.insert([facts.device, facts.inode]).inserted else { throw .tooManySymbolicLinks }
        var names: [[UInt8]] = []
        for (name, kind) in try LocalSystem.names(in: path) where !PartFileName.isOne(name) {
            let isFolder = kind == .folder || (kind == nil || kind == .link) && isFolder(path.appending(RelativePath(name)))
            names.append(isFolder ? name + [RelativePath.slash] : name)
        }
        return Folder(prefix: prefix, names: names.sorted { $1.lexicographicallyPrecedes($0) }, ancestors: ancestors)
    }

    /// Of what has gone meanwhile it does not matter.
    private func isFolder(_ path: LocalPath) -> Bool {
        do throws(Errno) {
            return try LocalSystem.facts(path, follow: follow).kind == .folder
        } catch {
            return false
        }
    }

    private func entry(_ path: RelativePath, _ state: inout State) -> TransferEntry? {
        do throws(Errno) {
            let facts = try LocalSystem.facts(root.appending(path), follow: follow)
            if facts.kind == .file { return TransferEntry(path: path, size: facts.size, modified: facts.modified) }
            let text = facts.kind == .link ? "a symbolic link: left out; --follow takes what it points to" : "neither file nor folder: left out"
            note(path, text, false)
        } catch {
            // What has gone since the folder was read is not there.
            guard error != .noSuchFile || follow else { return nil }
            state.isComplete = false
            note(path, "cannot look at it: \(error)", true)
        }
        return nil
    }
}

/// One file or object, or a listing that is known already.
package final class ListedEntries: EntryStream {
    private let entries: Mutex<[TransferEntry]>

    package init(_ entries: [TransferEntry]) {
        self.entries = Mutex(entries.reversed())
    }

    package func next() async throws(TransferError) -> TransferEntry? {
        entries.withLock { $0.popLast() }
    }
}
