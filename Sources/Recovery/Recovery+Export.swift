internal import Content
internal import FileSystemTypes
internal import ObjectStorage
internal import Staging

extension Recovery {
    /// Writes the acknowledged content of a file below `folder`. A file that is there already is left alone.
    func export(_ file: Recovered.File, to folder: String) async throws(RecoveryFailure) -> String {
        guard let content = file.content else { return "nothing of it was acknowledged, so there is nothing to export" }
        let map: ExtentMap
        do throws(DamagedMap) {
            map = try ExtentMap(decoding: content.extents)
        } catch {
            throw RecoveryFailure(message: "its record in the journal cannot be read: \(error)")
        }
        let staged = try? await state.openFile(of: file.record.id, content)
        let target = try ExportedFile(names: ExportPath.names(of: file.record.key), below: folder)
        var gaps: [ExportGap] = []
        for extent in map.extents {
            if let reason = try await write(extent, staged, target) { gaps.append(ExportGap(range: extent.range, reason: reason)) }
        }
        try target.finish(size: map.size, gaps: gaps)
        guard !gaps.isEmpty else { return "exported to \(target.path)" }
        throw RecoveryFailure(message: "only a part could be exported to \(target.path): \(gaps[0].reason); see \(target.notePath)")
    }

    /// Nil, or why the bytes of the extent cannot be had. Fails when they cannot be written.
    private func write(_ extent: Extent, _ staged: StagedFile?, _ target: ExportedFile) async throws(RecoveryFailure) -> String? {
        switch extent.origin {
        case .hole: return nil
        case .partOnly: return "only a part of an unfinished upload has these bytes"
        case .local(let offset): return try copy(extent.range, from: staged, at: offset, target)
        case .remote(let version, let offset): return try await copy(extent.range, from: version, at: offset, target)
        }
    }

    private func copy(_ range: ByteRange, from staged: StagedFile?, at offset: Int64, _ target: ExportedFile) throws(RecoveryFailure) -> String? {
        guard let staged else { return "its staging file cannot be read" }
        var done: Int64 = 0
        while done < range.count {
            let bytes: Bytes
            do throws(StateError) {
                bytes = try staged.read(at: offset + done, count: Int(min(1 << 20, range.count - done)))
            } catch {
                return error.message
            }
            try target.write(bytes, at: range.offset + done)
            done += Int64(bytes.count)
        }
        return nil
    }

    /// Of the version that the file was based on, and of no other.
    private func copy(
        _ range: ByteRange, from version: ObjectVersion, at offset: Int64, _ target: ExportedFile
    ) async throws(RecoveryFailure) -> String? {
        let wanted = ByteRange(offset: offset, count: range.count)
        do throws(StoreError) {
            let content = try await store.get(version.key, range: wanted, ReadConditions(ifMatch: version.etag, version: version.version))
            guard content.range == wanted, content.info.size == version.size else {
                content.body.cancel()
                return "\(version.key) in the store has another length by now"
            }
            var done: Int64 = 0
            while done < range.count, let bytes = try await content.body.next() {
                if let failure = failure(of: { () throws(RecoveryFailure) in try target.write(bytes, at: range.offset + done) }) {
                    content.body.cancel()
                    return failure
                }
                done += Int64(bytes.count)
            }
            return done == range.count ? nil : "the store gave only \(done) of \(range.count) bytes of \(version.key)"
        } catch {
            return error.reason == .preconditionFailed || error.reason == .noSuchKey
                ? "the version of \(version.key) that it is based on is gone from the store" : error.description
        }
    }

    private func failure(of body: () throws(RecoveryFailure) -> Void) -> String? {
        do throws(RecoveryFailure) {
            try body()
            return nil
        } catch {
            return error.message
        }
    }
}

/// Bytes that could not be exported.
struct ExportGap {
    let range: ByteRange
    let reason: String
}
