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

    /// Stores every file with changes, open or waiting; gives those that could not be stored, with the reason.
    package func drain() async -> [(key: String, reason: Errno)] {
        queue.beginDraining()
        return await withTaskGroup(of: (String, Errno)?.self) { group in
            for file in changedFiles {
                group.addTask { await self.drain(file) }
            }
            var failed: [(String, Errno)] = []
            for await outcome in group { if let outcome { failed.append(outcome) } }
            return failed
        }
    }

    private func drain(_ file: OpenFile) async -> (String, Errno)? {
        do throws(Errno) {
            try await upload(file)
            return nil
        } catch {
            let name = describe(file.inode)
            // What is recorded already stays recorded, and the next mount goes on with it.
            if file.withLockedState({ $0.recorded != $0.revision }) { await setAside(file) }
            return (name, error)
        }
    }

    /// Open or waiting for their upload.
    var changedFiles: [OpenFile] {
        var seen: Set<ObjectIdentifier> = []
        let all = handles.withLock { $0.openFiles } + queue.files
        return all.filter { $0.isChanged && seen.insert(ObjectIdentifier($0)).inserted }
    }
}
