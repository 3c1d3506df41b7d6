internal import FileSystemTypes
internal import LocalFiles
internal import ObjectStorage
internal import Synchronization

extension TransferRun {
    /// Deletes what the source has not; nothing, where the source could not be listed completely.
    func deleteExtras(_ extras: PathSpool) async throws(TransferError) {
        guard state.withLock({ $0.mayDelete }) else {
            throw TransferError(.failed, "a folder could not be read: nothing was deleted")
        }
        var place: Int64 = 0
        while !Task.isCancelled {
            let start = place
            let (paths, end) = try await onDisk("read", extras.path) { () throws(Errno) in
                var place = start
                let paths = try extras.next(from: &place)
                return (paths, place)
            }
            place = end
            guard !paths.isEmpty else { return }
            switch plan.route {
            case .up(_, let target), .across(_, let target, _): try await delete(paths, target)
            case .down(_, let root): for path in paths { await delete(path, root) }
            }
        }
    }

    private func delete(_ paths: [RelativePath], _ place: RemotePlace) async throws(TransferError) {
        let keys = paths.map { place.key($0) }
        let failures = try await asking(place, nil) { () async throws(StoreError) in try await place.store.delete(keys) }
        for (path, key) in zip(paths, keys) {
            if let error = failures[key] { failed(path, explained(error, place, key)) } else { progress.deleted(path) }
        }
    }

    /// Folders that are empty then go, too.
    private func delete(_ path: RelativePath, _ root: LocalPath) async {
        let file = root.appending(path)
        do throws(TransferError) {
            try await onDisk("delete", file) { () throws(Errno) in
                do throws(Errno) { try LocalSystem.remove(file) } catch { if error != .noSuchFile { throw error } }
                var folder = RelativePath(Array(path.folder.dropLast()))
                while !folder.isEmpty, (try? LocalSystem.removeFolder(root.appending(folder))) != nil {
                    folder = RelativePath(Array(folder.folder.dropLast()))
                }
            }
            progress.deleted(path)
        } catch {
            failed(path, error)
        }
    }

    // MARK: What there is by half

    /// Takes away all traces of files that are there by half, on both sides. The first failure is thrown once all has been tried.
    package func clear() async throws(TransferError) {
        var failure: TransferError?
        for path in checkpoint.content.partial.keys.sorted() {
            do throws(TransferError) {
                switch plan.route {
                case .up(_, let target), .across(_, let target, _): try await drop(path, target)
                case .down: try await record(.end(path))
                }
            } catch {
                failure = failure ?? error
            }
        }
        if case .down(_, let root) = plan.route { try await sweep(root) }
        if let failure { throw failure }
    }

    /// Deletes the files that this job has begun and not finished, wherever they are below the target.
    package func sweep(_ root: LocalPath) async throws(TransferError) {
        let (job, isSingle) = (plan.job, plan.single != nil)
        try await onDisk("clear", root) { () throws(Errno) in
            if isSingle {
                let name = PartFileName.of(RelativePath(root.bytes).name, job: job)
                try? LocalSystem.remove(root.parent.appending(RelativePath(name)))
            } else if (try? LocalSystem.facts(root, follow: true)) != nil {
                try Self.sweep(root, job)
            }
        }
    }

    private static func sweep(_ folder: LocalPath, _ job: String) throws(Errno) {
        for (name, kind) in try LocalSystem.names(in: folder) {
            let path = folder.appending(RelativePath(name))
            if PartFileName.isOne(name, job: job) {
                try LocalSystem.remove(path)
            } else if kind == .folder || kind == nil && (try? LocalSystem.facts(path, follow: false))?.kind == .folder {
                try sweep(path, job)
            }
        }
    }
}
