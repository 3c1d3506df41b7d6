import FileSystemTypes
import ObjectStorage
import TestSupport

extension CarelessStore {
    var capabilities: Capabilities { flaw == .takesUnknownVerbs ? .least : inner.capabilities }

    private func size(_ key: Key) async -> Int64? {
        try? await inner.head(key, ReadConditions()).size
    }

    func append(
        _ key: Key, at position: Int64, _ body: any ByteSource, _ attributes: ObjectAttributes
    ) async throws(StoreError) -> AppendReceipt {
        switch flaw {
        case .appendsAnywhere: try await inner.append(key, at: await size(key) ?? 0, body, attributes)
        case .appendsWithoutMaking: AppendReceipt(nextPosition: position + body.count)
        case .losesAttributesOfAppended: try await inner.append(key, at: position, body, ObjectAttributes())
        default: try await inner.append(key, at: position, body, attributes)
        }
    }

    func modify(_ key: Key, at position: Int64, _ body: any ByteSource) async throws(StoreError) -> WriteReceipt {
        try await inner.modify(key, at: flaw == .modifiesAtTheStart ? 0 : position, body)
    }

    func truncate(_ key: Key, to size: Int64) async throws(StoreError) {
        let least = flaw == .truncatesOnlyDown ? min(size, await self.size(key) ?? 0) : size
        try await inner.truncate(key, to: least)
    }

    func rename(_ key: Key, to destination: Key) async throws(StoreError) {
        if flaw == .leavesFoldersBehind, key.bytes.last == UInt8(ascii: "/") { return }
        guard flaw == .keepsTheOldName else { return try await inner.rename(key, to: destination) }
        _ = try await inner.copy(CopyRequest(source: key, destination: destination))
    }

    func replaceAttributes(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError) {
        var attributes = attributes
        if flaw == .keepsUnnamedAttributes { attributes.metadata.merge(try await inner.head(key, ReadConditions()).metadata) { new, _ in new } }
        try await inner.replaceAttributes(key, attributes)
    }
}
