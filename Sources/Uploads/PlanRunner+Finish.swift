internal import Content
internal import FileSystemTypes
package import ObjectStorage

/// The requests that make the object.
extension PlanRunner {
    /// Not to be cancelled in the middle: the object may be the new one already.
    package func finish(_ prepared: PreparedUpload, _ job: UploadJob) async throws(StoreError) -> StoredObject {
        var stored = try await contentOrOwn(prepared.step, job)
        switch prepared.attributes {
        case .carried: break
        case .replace:
            try await store.replaceAttributes(job.key, job.attributes)
        case .copyOntoItself:
            let request = CopyRequest(
                source: job.key, destination: job.key, ifSourceMatches: stored.version.etag, replacing: job.attributes)
            stored = try await known(try await store.copy(request), job)
        }
        if let abandoned = prepared.abandoned { await abandon(abandoned, job) }
        return stored
    }

    /// A request whose answer was lost, in this life or the one before, has changed the object that the next one is based on.
    private func contentOrOwn(_ step: PreparedUpload.Step, _ job: UploadJob) async throws(StoreError) -> StoredObject {
        do throws(StoreError) {
            return try await content(step, job)
        } catch {
            let maybeDone = error.outcomeUnknown || [.preconditionFailed, .noSuchUpload].contains(error.reason)
            guard maybeDone, let own = await own(step, job) else { throw error }
            if case .complete(let upload, _) = step { await job.events.completed(upload) }
            return own
        }
    }

    /// The object, if it is what the job would make of it: its time of change, to the nanosecond, is no other state's, or it consists of the parts.
    private func own(_ step: PreparedUpload.Step, _ job: UploadJob) async -> StoredObject? {
        let parts: ETag? = if case .complete(_, let parts) = step { CompletedUpload.etag(ofParts: parts.map(\.etag)) } else { nil }
        guard parts != nil || job.attributes.metadata["ctime"] != nil else { return nil }
        guard let info = try? await store.head(job.key, ReadConditions()), info.size == job.size else { return nil }
        guard job.attributes.metadata.allSatisfy({ info.metadata[$0.key] == $0.value }) else { return nil }
        guard job.attributes.metadata["ctime"] != nil || info.etag == parts else { return nil }
        return StoredObject(version: ObjectVersion(key: job.key, info: info), lastModified: info.lastModified, appendPosition: info.appendPosition)
    }

    private func content(_ step: PreparedUpload.Step, _ job: UploadJob) async throws(StoreError) -> StoredObject {
        do throws(StoreError) {
            return try await carryOut(step, job)
        } catch {
            throw error.explained(by: job)
        }
    }

    private func carryOut(_ step: PreparedUpload.Step, _ job: UploadJob) async throws(StoreError) -> StoredObject {
        switch step {
        case .keep: return StoredObject(version: job.base ?? ObjectVersion(key: job.key, etag: nil, size: job.size))
        case .put(let body):
            let receipt = try await withSources([body], job) { (sources) async throws(StoreError) in
                try await inTurn(pool, job) { () async throws(StoreError) in
                    try await store.put(job.key, sources[0], job.attributes, job.condition)
                }
            }
            return try await known(receipt, job)
        case .copyWhole(let version): return try await copyWhole(version, job)
        case .append(let position, let body):
            return try await withSources([body], job) { (sources) async throws(StoreError) in try await append(sources[0], at: position, job) }
        case .complete(let upload, let parts):
            let receipt = try await store.completeUpload(upload, parts: parts, job.condition)
            await job.events.completed(upload)
            return try await known(receipt, job)
        case .inPlace(let steps):
            let bodies = steps.compactMap { step -> Body? in if case .modify(_, let body) = step { body } else { nil } }
            return try await withSources(bodies, job) { (sources) async throws(StoreError) in try await change(steps, sources, job) }
        }
    }

    private func copyWhole(_ version: ObjectVersion, _ job: UploadJob) async throws(StoreError) -> StoredObject {
        // No store holds a condition on the destination of a copy: it is looked at right before.
        if job.condition != .always { try await check(job) }
        let request = CopyRequest(source: version.key, destination: job.key, ifSourceMatches: version.etag, replacing: job.attributes)
        return try await known(try await store.copy(request), job)
    }

    private func append(_ source: any ByteSource, at position: Int64, _ job: UploadJob) async throws(StoreError) -> StoredObject {
        let receipt = try await inTurn(pool, job) { () async throws(StoreError) in
            try await store.append(job.key, at: position, source, job.attributes)
        }
        guard receipt.nextPosition == position + source.count else {
            throw StoreError(.wrongPosition, "\(job.key) grew to \(receipt.nextPosition) bytes where \(position + source.count) were expected")
        }
        // The receipt's ETag is that of the bytes just added on some stores: the object's own is asked for when it is needed.
        return StoredObject(version: ObjectVersion(key: job.key, etag: nil, size: job.size), appendPosition: receipt.nextPosition)
    }

    private func change(_ steps: [InPlaceStep], _ sources: [any ByteSource], _ job: UploadJob) async throws(StoreError) -> StoredObject {
        if job.condition != .always { try await check(job) }
        var bodies = sources.makeIterator()
        for step in steps {
            switch step {
            case .truncate(let size): try await store.truncate(job.key, to: size)
            case .modify(let position, _):
                guard let body = bodies.next() else { throw StoreError(.localFailure, "a change of \(job.key) has no bytes") }
                _ = try await store.modify(job.key, at: position, body)
            }
        }
        return try await look(job)
    }

    /// Fails with `preconditionFailed` unless the store has what the job's condition says.
    private func check(_ job: UploadJob) async throws(StoreError) {
        let found: ETag?
        do throws(StoreError) {
            found = try await store.head(job.key, ReadConditions()).etag ?? ETag("")
        } catch {
            guard error.reason == .noSuchKey else { throw error }
            found = nil
        }
        let holds =
            switch job.condition {
            case .always: true
            case .absent: found == nil
            case .matches(let etag): found == etag
            }
        guard holds else { throw StoreError(.preconditionFailed, "\(job.key) was changed by somebody else") }
    }

    /// Some stores do not say in their answer what the object's ETag is.
    private func known(_ receipt: WriteReceipt, _ job: UploadJob) async throws(StoreError) -> StoredObject {
        guard let etag = receipt.etag, !etag.text.isEmpty else { return try await look(job) }
        let version = ObjectVersion(key: job.key, etag: etag, version: receipt.version, size: job.size)
        return StoredObject(version: version, lastModified: receipt.lastModified)
    }

    private func look(_ job: UploadJob) async throws(StoreError) -> StoredObject {
        let info = try await store.head(job.key, ReadConditions())
        guard info.size == job.size else {
            throw StoreError(.preconditionFailed, "\(job.key) has \(info.size) bytes after \(job.size) were stored: somebody else wrote it")
        }
        return StoredObject(version: ObjectVersion(key: job.key, info: info), lastModified: info.lastModified, appendPosition: info.appendPosition)
    }
}
