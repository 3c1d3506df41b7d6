package import FileSystemTypes
package import ObjectStorage
internal import RemoteStore

extension ObjectCommands {
    /// In one request.
    package func put(_ key: Key, _ body: any ByteSource, _ wish: WriteWish) async throws(StoreError) -> WriteReceipt {
        try await checkCondition(wish.condition, key)
        var call = ObjectCall("PUT", key, .creates)
        call.body = body
        try wish.add(to: &call, dialect)
        wish.addCondition(to: &call, dialect)
        call.say("Content-MD5", wish.md5)
        call.mayRepeat = wish.condition == .always
        return receipt(try await objects.send(call))
    }

    /// Of parts that `next` gives until it has no more; nothing is left behind where it fails.
    package func put(
        _ key: Key, parts next: () async throws(StoreError) -> (any ByteSource)?, _ wish: WriteWish
    ) async throws(StoreError) -> WriteReceipt {
        guard wish.md5 == nil else { throw Self.invalid("an MD5 of the whole is for objects of one part: raise --part-size") }
        try await checkCondition(wish.condition, key)
        let upload = try await begin(key, wish)
        do throws(StoreError) {
            var parts: [UploadedPart] = []
            while let body = try await next() {
                guard parts.count < objects.store.limits.parts else { throw Self.invalid("more than \(parts.count) parts: raise --part-size") }
                parts.append(try await objects.store.uploadPart(upload, number: parts.count + 1, body))
            }
            return try await objects.store.completeUpload(upload, parts: parts, wish.condition)
        } catch {
            try? await objects.store.abortUpload(upload)
            throw error
        }
    }

    /// Fails with `unsupported` where the dialect has no such condition. What a store may ignore is looked at before, too.
    private func checkCondition(_ condition: WriteCondition, _ key: Key) async throws(StoreError) {
        if condition == .always { return }
        var isOffered = dialect.family != .oos
        if case .matches = condition, dialect.family == .obs { isOffered = false }
        guard isOffered else { throw StoreError(.unsupported, "\(dialect.family.title) does not offer this condition on writes") }
        guard objects.mayIgnoreConditions else { return }
        var there: ETag?
        do throws(StoreError) {
            there = try await objects.store.head(key, ReadConditions()).etag
        } catch {
            guard error.reason == .noSuchKey else { throw error }
        }
        let holds = if case .matches(let etag) = condition { there == etag } else { there == nil }
        guard holds else { throw StoreError(.preconditionFailed, "\(key) is \(there == nil ? "not there" : "another one, or there already")") }
    }

    /// Begins an upload of parts.
    package func begin(_ key: Key, _ wish: WriteWish) async throws(StoreError) -> Upload {
        var call = ObjectCall("POST", key, .begins)
        call.ask("uploads")
        call.mayRepeat = false
        try wish.add(to: &call, dialect)
        call.needsMD5 = false
        let root = try await objects.send(call).element("InitiateMultipartUploadResult")
        guard let id = root.text("UploadId"), !id.isEmpty else {
            throw StoreError(.invalidResponse, "the store began an upload without naming its id")
        }
        return Upload(key: key, id: UploadID(id))
    }

    /// Adds to the end of an object; at `position` 0 of a key where nothing is, it makes one.
    package func append(_ key: Key, _ body: any ByteSource, at position: Int64?, _ wish: WriteWish) async throws(StoreError) -> AppendReceipt {
        try ObjectFeature.append.check(dialect)
        var end = position
        if end == nil { end = try await length(key) }
        return try await objects.store.append(key, at: end ?? 0, body, wish.attributes)
    }

    /// Zero where there is none.
    private func length(_ key: Key) async throws(StoreError) -> Int64 {
        do throws(StoreError) {
            let info = try await objects.store.head(key, ReadConditions())
            return info.appendPosition ?? info.size
        } catch {
            guard error.reason == .noSuchKey else { throw error }
            return 0
        }
    }

    func receipt(_ answer: ObjectAnswer) -> WriteReceipt {
        WriteReceipt(
            etag: answer["etag"].map { ETag($0) }, version: answer[header("version-id")].map { VersionID($0) }, lastModified: nil)
    }
}
