package import FileSystemTypes

/// Changes in place. Modifying, cutting and replacing attributes end in the same state however often they are sent; appending and renaming do
/// not, so after an unknown outcome the store is looked at first.
extension RetryingStore {
    package func append(
        _ key: Key, at position: Int64, _ body: any ByteSource, _ attributes: ObjectAttributes
    ) async throws(StoreError) -> AppendReceipt {
        var isUncertain = false
        return try await retrying { _ throws(StoreError) in
            if isUncertain, let receipt = try await receiptOfAppended(key, at: position, body) { return receipt }
            do throws(StoreError) {
                return try await base.append(key, at: position, body, attributes)
            } catch {
                isUncertain = isUncertain || error.outcomeUnknown
                throw error
            }
        }
    }

    package func modify(_ key: Key, at position: Int64, _ body: any ByteSource) async throws(StoreError) -> WriteReceipt {
        try await retrying { _ throws(StoreError) in try await base.modify(key, at: position, body) }
    }

    package func truncate(_ key: Key, to size: Int64) async throws(StoreError) {
        try await retrying { _ throws(StoreError) in try await base.truncate(key, to: size) }
    }

    package func replaceAttributes(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError) {
        try await retrying { _ throws(StoreError) in try await base.replaceAttributes(key, attributes) }
    }

    package func rename(_ key: Key, to destination: Key) async throws(StoreError) {
        var isUncertain = false
        try await retrying { _ throws(StoreError) in
            if isUncertain, try await isRenamed(key, to: destination) { return }
            do throws(StoreError) {
                try await base.rename(key, to: destination)
            } catch {
                isUncertain = isUncertain || error.outcomeUnknown
                throw error
            }
        }
    }

    /// What an append without an answer did; nil when it did nothing. The bytes are compared: a second writer may have added as many.
    private func receiptOfAppended(_ key: Key, at position: Int64, _ body: any ByteSource) async throws(StoreError) -> AppendReceipt? {
        guard let info = try await found(key) else {
            guard position == 0 else { throw StoreError(.noSuchKey, "\(key) was deleted while it was appended to") }
            return nil
        }
        if info.size == position, position > 0 || body.count > 0 { return nil }
        let added = ByteRange(offset: position, count: body.count)
        // Another writer may have added to ours by now.
        guard info.size >= added.end, try await holds(key, added, body, ReadConditions(ifMatch: info.etag)) else {
            throw StoreError(.wrongPosition, "\(key) was appended to by somebody else")
        }
        return AppendReceipt(nextPosition: added.end, etag: info.etag)
    }

    private func holds(
        _ key: Key, _ range: ByteRange, _ expected: any ByteSource, _ conditions: ReadConditions
    ) async throws(StoreError) -> Bool {
        guard !range.isEmpty else { return true }
        let content = try await base.get(key, range: range, conditions)
        var offset: Int64 = 0
        while let bytes = try await content.body.next() {
            guard try await expected.begins(with: bytes, at: offset) else {
                content.body.cancel()
                return false
            }
            offset += Int64(bytes.count)
        }
        return offset == range.count
    }

    private func isRenamed(_ key: Key, to destination: Key) async throws(StoreError) -> Bool {
        guard try await found(key) == nil else { return false }
        guard try await found(destination) != nil else {
            throw StoreError(.noSuchKey, "neither \(key) nor \(destination) is there any more")
        }
        return true
    }

    private func found(_ key: Key) async throws(StoreError) -> ObjectInfo? {
        do throws(StoreError) {
            return try await base.head(key, ReadConditions())
        } catch {
            guard error.reason == .noSuchKey else { throw error }
            return nil
        }
    }
}

extension ByteSource {
    /// Whether the bytes from `offset` on are these.
    fileprivate func begins(with bytes: Bytes, at offset: Int64) async throws(StoreError) -> Bool {
        var done = 0
        while done < bytes.count {
            let own: Bytes
            do throws(Errno) {
                own = try await read(at: offset + Int64(done), upTo: bytes.count - done)
            } catch {
                throw StoreError(.localFailure, "the bytes that were sent cannot be read again: \(error)")
            }
            guard !own.isEmpty, own == bytes.slice(from: done, upTo: own.count) else { return false }
            done += own.count
        }
        return true
    }
}
