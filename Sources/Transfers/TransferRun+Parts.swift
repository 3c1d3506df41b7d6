internal import FileSystemTypes
internal import ObjectStorage

/// A file or an object that is stored in parts: where it goes, and how a part of it is made.
struct PartsJob: Sendable {
    let path: RelativePath
    let place: RemotePlace
    let identity: SourceIdentity
    /// What the object is to have beside its bytes; by its metadata it is known again.
    let attributes: ObjectAttributes
    /// In bytes.
    let wantedPart: Int64
    let begin: @Sendable () async throws(StoreError) -> Upload
    let part: @Sendable (_ upload: Upload, _ number: Int, _ range: ByteRange, _ meter: PartMeter) async throws(TransferError) -> UploadedPart
    /// What the source is now.
    let identityNow: @Sendable () async throws(TransferError) -> SourceIdentity

    var key: Key { place.key(path) }
}

extension TransferRun {
    private enum Start {
        case new
        case resumed(Upload, PartLayout, [UploadedPart])
        /// The last run was ended when it was done with it.
        case finished
    }

    /// Stores it, from where the last run was ended.
    func store(_ job: PartsJob) async throws(TransferError) {
        let upload: Upload
        let layout: PartLayout
        var parts: [UploadedPart] = []
        switch try await start(job) {
        case .finished: return
        case .resumed(let old, let oldLayout, let there): (upload, layout, parts) = (old, oldLayout, there)
        case .new: (upload, layout) = try await begin(job)
        }
        progress.moved(job.path, parts.reduce(0) { $0 + layout.range($1.number).count })
        let there = Set(parts.map(\.number))
        let missing = (0..<layout.count).map { $0 + 1 }.filter { !there.contains($0) }
        do throws(TransferError) {
            parts += try await inParallel(missing) { [self] number throws(TransferError) in
                try await storePart(number, layout.range(number), upload, job)
            }
        } catch {
            // A file that was cut cannot be read: then that it has changed is what is to be said.
            if error.kind != .stopped { try await refuseChange(job) }
            throw error
        }
        try await refuseChange(job)
        let complete = parts.sorted { $0.number < $1.number }
        _ = try await asking(job.place, job.key) { () async throws(StoreError) in
            try await job.place.store.completeUpload(upload, parts: complete, .always)
        }
        try await record(.end(job.path))
    }

    private func begin(_ job: PartsJob) async throws(TransferError) -> (Upload, PartLayout) {
        let layout = PartLayout(size: job.identity.size, wanted: job.wantedPart, job.place.store.limits)
        try await record(.begin(job.path, job.identity, partSize: layout.partSize, at: Timestamp.now.seconds))
        let upload = try await asking(job.place, job.key, job.begin)
        try await record(.upload(job.path, id: upload.id.text))
        return (upload, layout)
    }

    private func storePart(_ number: Int, _ range: ByteRange, _ upload: Upload, _ job: PartsJob) async throws(TransferError) -> UploadedPart {
        try await enter()
        defer { slots.release() }
        let meter = PartMeter(job.path, range.count, progress)
        do throws(TransferError) {
            let part = try await job.part(upload, number, range, meter)
            try await record(.part(job.path, number: number, etag: part.etag.text, size: range.count))
            meter.settle(true)
            return part
        } catch {
            meter.settle(false)
            throw error
        }
    }

    /// Nothing is made of parts of two versions.
    private func refuseChange(_ job: PartsJob) async throws(TransferError) {
        guard let change = job.identity.change(to: try await job.identityNow()) else { return }
        try await drop(job.path, job.place)
        throw TransferError(.conflict, "it has changed while it was transferred: \(change); nothing was stored, begin again")
    }

    private func start(_ job: PartsJob) async throws(TransferError) -> Start {
        guard let partial = checkpoint.partial(job.path) else { return .new }
        if let change = partial.identity.change(to: job.identity) {
            try await drop(job.path, job.place)
            throw TransferError(
                .conflict, "it has changed since its transfer was interrupted: \(change); what was transferred is dropped, begin again")
        }
        guard let id = partial.upload else {
            try await drop(job.path, job.place)
            return .new
        }
        let upload = Upload(key: job.key, id: UploadID(id))
        let layout = PartLayout(size: job.identity.size, partSize: partial.partSize)
        guard let listed = try await parts(of: upload, job.place) else {
            try await record(.end(job.path))
            return try await isStored(job) ? .finished : .new
        }
        let there = listed.filter { part in
            guard part.number >= 1, part.number <= layout.count, let known = partial.parts[part.number] else { return false }
            return known.etag == part.etag && part.size ?? known.size == layout.range(part.number).count
        }
        return .resumed(upload, layout, there)
    }

    /// Nil where there is no such upload any more.
    private func parts(of upload: Upload, _ place: RemotePlace) async throws(TransferError) -> [UploadedPart]? {
        try await asking(place, upload.key) { () async throws(StoreError) in
            do throws(StoreError) {
                return try await place.store.listParts(upload)
            } catch {
                guard error.reason == .noSuchUpload else { throw error }
                return nil
            }
        }
    }

    /// Whether the object is there as it was to be, for all that is known.
    private func isStored(_ job: PartsJob) async throws(TransferError) -> Bool {
        try await asking(job.place, job.key) { () async throws(StoreError) in
            do throws(StoreError) {
                let info = try await job.place.store.head(job.key, ReadConditions())
                let wanted = job.attributes.metadata
                return info.size == job.identity.size && !wanted.isEmpty && wanted.allSatisfy { info.metadata[$0.key] == $0.value }
            } catch {
                guard error.reason == .noSuchKey else { throw error }
                return false
            }
        }
    }

    /// Takes away what there is of an object that is stored in parts.
    func drop(_ path: RelativePath, _ place: RemotePlace) async throws(TransferError) {
        guard let partial = checkpoint.partial(path) else { return }
        let key = place.key(path)
        try await asking(place, key) { () async throws(StoreError) in
            if let id = partial.upload { return try await place.store.abortUpload(Upload(key: key, id: UploadID(id))) }
            // Whether the store began one nobody knows.
            let end = Timestamp(seconds: partial.begun + 3600)
            try await place.store.abortLostUploads(of: key, begunSince: Timestamp(seconds: partial.begun), until: min(end, .now), except: [])
        }
        try await record(.end(path))
    }

    /// Runs `body` for each number, so many at the same time as parts may be under way; the first failure ends it all.
    func inParallel<Value: Sendable>(
        _ numbers: [Int], _ body: @escaping @Sendable (Int) async throws(TransferError) -> Value
    ) async throws(TransferError) -> [Value] {
        let outcome = await withTaskGroup(of: Result<Value, TransferError>.self) { [plan] group -> Result<[Value], TransferError> in
            var values: [Value] = []
            var rest = numbers[...]
            func add() {
                guard let number = rest.popFirst() else { return }
                group.addTask {
                    do throws(TransferError) { return .success(try await body(number)) } catch { return .failure(error) }
                }
            }
            for _ in 0..<plan.parallel { add() }
            var failure: TransferError?
            while let outcome = await group.next() {
                switch outcome {
                case .success(let value): values.append(value)
                case .failure(let error):
                    failure = failure ?? error
                    group.cancelAll()
                }
                if failure == nil { add() }
            }
            return failure.map { .failure($0) } ?? .success(values)
        }
        return try outcome.get()
    }
}
