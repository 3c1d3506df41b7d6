package import FileSystemTypes
package import ObjectStorage

/// What a bucket does to objects as they lie: each verb only where the capabilities name it.
extension MemoryBucket {
    package func append(
        _ key: Key, at position: Int64, _ body: any ByteSource, _ attributes: ObjectAttributes
    ) async throws(StoreError) -> AppendReceipt {
        if store.capabilities.append == nil, store.takesUnknownVerbsForPuts {
            return AppendReceipt(nextPosition: position + body.count, etag: try await put(key, body, attributes, .always).etag)
        }
        let bytes = try await collect(body, upTo: store.capabilities.append?.maximumBytes ?? store.limits.singlePut)
        return try request(.append, receiving: bytes.count) { bucket throws(StoreError) in
            guard let append = store.capabilities.append else { throw rules.unsupported("append") }
            try rules.check(key)
            try rules.check(attributes)
            let old = bucket.objects[key]
            let appends = try rules.appends(of: old, append)
            guard position == Int64(old?.bytes.count ?? 0) else {
                throw StoreError(.wrongPosition, "\(position) is not the length", status: 409, serviceCode: "PositionNotEqualToLength")
            }
            let all = (old?.bytes ?? []) + bytes
            let object = MemoryObject(
                bytes: all, etag: Digest.etag(of: Digest.md5(all)), attributes: old?.attributes ?? attributes, appends: appends + 1)
            let receipt = try bucket.store(object, as: key, .always)
            return AppendReceipt(nextPosition: Int64(all.count), etag: receipt.etag)
        }
    }

    package func modify(_ key: Key, at position: Int64, _ body: any ByteSource) async throws(StoreError) -> WriteReceipt {
        let bytes = try await collect(body, upTo: limits.singlePut)
        return try request(.modify, receiving: bytes.count) { bucket throws(StoreError) in
            guard store.capabilities.modify else { throw rules.unsupported("modify") }
            try rules.check(key)
            let old = bucket.objects[key]
            var all = old?.bytes ?? []
            let end = Int(position) + bytes.count
            if all.count < end { all += [UInt8](repeating: 0, count: end - all.count) }
            all.replaceSubrange(Int(position)..<end, with: bytes)
            return try bucket.store(rules.changed(old, to: all), as: key, .always)
        }
    }

    package func truncate(_ key: Key, to size: Int64) async throws(StoreError) {
        try request(.truncate) { bucket throws(StoreError) in
            guard store.capabilities.modify else { throw rules.unsupported("truncate") }
            let old = try bucket.object(key, ReadConditions())
            let kept = old.bytes.prefix(Int(size))
            let all = Array(kept) + [UInt8](repeating: 0, count: Int(size) - kept.count)
            _ = try bucket.store(rules.changed(old, to: all), as: key, .always)
        }
    }

    package func rename(_ key: Key, to destination: Key) async throws(StoreError) {
        try request(.rename) { bucket throws(StoreError) in
            guard store.capabilities.rename else { throw rules.unsupported("rename") }
            try rules.check(destination)
            let isFolder = key.bytes.last == UInt8(ascii: "/")
            let moved = bucket.objects.filter { isFolder ? $0.key.bytes.starts(with: key.bytes) : $0.key == key }
            guard !moved.isEmpty else { throw MemoryBucketState.noSuchKey(key) }
            guard bucket.objects[destination] == nil else { throw rules.renameConflict(destination) }
            for (name, object) in moved {
                bucket.remove(name)
                _ = try bucket.store(object, as: Key(destination.bytes + name.bytes.dropFirst(key.bytes.count)), .always)
            }
        }
    }

    package func replaceAttributes(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError) {
        if !store.capabilities.replaceAttributes, store.takesUnknownVerbsForPuts {
            _ = try await put(key, BytesSource(Bytes()), attributes, .always)
            return
        }
        try request(.replaceAttributes) { bucket throws(StoreError) in
            guard store.capabilities.replaceAttributes else { throw rules.unsupported("replacing attributes") }
            try rules.check(attributes)
            let old = try bucket.object(key, ReadConditions())
            let object = MemoryObject(bytes: old.bytes, etag: old.etag, attributes: attributes, appends: old.appends)
            _ = try bucket.store(object, as: key, .always)
        }
    }
}

extension MemoryRules {
    func unsupported(_ verb: String) -> StoreError {
        StoreError(.unsupported, "this store has no \(verb)", status: 501, serviceCode: "NotImplemented")
    }

    /// As a parallel file system of OBS answers.
    func renameConflict(_ key: Key) -> StoreError {
        StoreError(.conflict, "\(key) is there already", status: 409, serviceCode: "FsRenameConflict")
    }

    /// How often an object was appended to so far; it must be able to take more.
    func appends(of object: MemoryObject?, _ rules: AppendRules) throws(StoreError) -> Int {
        guard let object else { return 0 }
        guard let appends = object.appends ?? (rules.anyObject ? 1 : nil), appends < rules.maximumAppends ?? .max else {
            throw StoreError(.notAppendable, "the object cannot be appended to", status: 409, serviceCode: "ObjectNotAppendable")
        }
        return appends
    }

    func changed(_ old: MemoryObject?, to bytes: [UInt8]) -> MemoryObject {
        MemoryObject(bytes: bytes, etag: Digest.etag(of: Digest.md5(bytes)), attributes: old?.attributes ?? ObjectAttributes())
    }
}
