internal import FileSystemTypes
internal import ObjectStorage
internal import Staging

/// Bringing content to the local disk. The file's gate is held in all of this.
extension Volume {
    /// The staging file with all of the content in it: fetched from the store if it is not here yet.
    func stage(_ file: OpenFile) async throws(Errno) -> StagingFile {
        if let staged = file.withLockedState({ $0.staging }) { return staged }
        let content = try staging.makeFile()
        let base = file.base
        if let base, base.size > 0 { try await fetch(base, of: file.inode, into: content) }
        file.withLockedState { state in
            state.staging = content
            state.size = base?.size ?? 0
            state.modified = .now
        }
        return content
    }

    /// Empty content, whatever was there before.
    func replaceContent(of file: OpenFile) throws(Errno) {
        file.replace(with: try staging.makeFile())
    }

    func truncate(_ file: OpenFile, to size: Int64) async throws(Errno) {
        guard size >= 0 else { throw Errno.invalidArgument }
        guard size <= store.limits.object else { throw Errno.fileTooLarge }
        if size == 0 { return try replaceContent(of: file) }
        try await stage(file).truncate(to: size)
        file.withLockedState { state in
            state.size = size
            state.modified = .now
            state.hasNewContent = true
        }
    }

    /// Copies a whole version from the store, in parallel ranges.
    private func fetch(_ version: RemoteVersion, of inode: Inode, into content: StagingFile) async throws(Errno) {
        let key = keys.file(try path(of: inode))
        let failure = await withTaskGroup(of: StoreErrorOrErrno?.self) { group in
            for range in ByteRange(offset: 0, count: version.size).pieces(of: options.partSize) {
                group.addTask { await self.fetch(range, of: key, version, into: content) }
            }
            return await firstFailure(in: &group)
        }
        switch failure {
        case .store(let error)?: try await asking { () async throws(StoreError) in throw error }
        case .local(let error)?: throw error
        case nil: break
        }
    }

    private func fetch(_ range: ByteRange, of key: Key, _ version: RemoteVersion, into content: StagingFile) async -> StoreErrorOrErrno? {
        await uploads.run {
            do throws(StoreError) {
                let answer = try await store.get(key, range: range, ReadConditions(ifMatch: version.etag))
                var position = range.offset
                while let bytes = try await answer.body.next() {
                    do throws(Errno) {
                        try content.write(bytes, at: position)
                    } catch {
                        answer.body.cancel()
                        return .local(error)
                    }
                    position += Int64(bytes.count)
                }
                guard position == range.end else { return .store(StoreError(.preconditionFailed, "\(key) has become shorter")) }
                return nil
            } catch {
                return .store(error)
            }
        }
    }

    private func firstFailure(in group: inout TaskGroup<StoreErrorOrErrno?>) async -> StoreErrorOrErrno? {
        for await outcome in group {
            guard let outcome else { continue }
            group.cancelAll()
            return outcome
        }
        return nil
    }
}

/// Why bytes did not arrive: the store's side or the local disk's.
enum StoreErrorOrErrno: Sendable {
    case store(StoreError)
    case local(Errno)
}

extension ByteRange {
    /// The range cut into pieces of `size` bytes; the last may be shorter.
    func pieces(of size: Int64) -> [ByteRange] {
        stride(from: offset, to: end, by: Int64.Stride(size)).map { start in
            ByteRange(offset: start, count: Swift.min(size, end - start))
        }
    }
}
