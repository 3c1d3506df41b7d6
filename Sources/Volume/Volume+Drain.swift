package import FileSystemTypes
internal import ObjectStorage
internal import Synchronization

extension Volume {
    /// What has not been stored yet.
    package struct Pending: Sendable {
        package var files = 0
        /// In bytes.
        package var bytes: Int64 = 0
    }

    package var pending: Pending {
        var pending = Pending()
        for file in changedFiles {
            pending.files += 1
            pending.bytes += file.localAttributes?.size ?? 0
        }
        return pending
    }

    /// Stores every file that is still open with changes; gives those that could not be stored, with the reason.
    package func drain() async -> [(key: String, reason: Errno)] {
        var failed: [(String, Errno)] = []
        for file in changedFiles {
            do throws(Errno) {
                try await file.gate.runUncancelled { () async throws(Errno) in try await commit(file) }
            } catch {
                failed.append((describe(file.inode), error))
            }
        }
        return failed
    }

    private var changedFiles: [OpenFile] {
        var seen: Set<ObjectIdentifier> = []
        return handles.withLock { $0.openFiles }.filter { $0.isChanged && seen.insert(ObjectIdentifier($0)).inserted }
    }
}
