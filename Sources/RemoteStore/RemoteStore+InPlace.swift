package import FileSystemTypes
internal import HTTPTransport
package import ObjectStorage
internal import Signing

/// Changes in place. Refused here unless the bucket is known to have the verb: a store that does not would take most of them for a PUT
/// of the whole object.
extension RemoteStore {
    package func append(
        _ key: Key, at position: Int64, _ body: any ByteSource, _ attributes: ObjectAttributes
    ) async throws(StoreError) -> AppendReceipt {
        guard capabilities.append != nil, let form = dialect.append else { throw missing("append", key) }
        let stored = try await storedAttributes(of: key, appendedAt: position, form, first: attributes)
        var request = try checked(form == .post ? "POST" : "PUT", key)
        switch form {
        case .post, .put: request.query = [QueryItem("append"), QueryItem("position", String(position))]
        case .writeOffset: request.headers.append(HeaderField(dialect.header("write-offset-bytes"), String(position)))
        }
        request.body = body
        request.mayRepeat = false
        request.roles = position == 0 ? [.creates, .content] : .content
        if let stored { request.add(stored, dialect) }
        let response = try await sendAppend(request)
        let end = response.appendPosition(dialect) ?? position + body.count
        return AppendReceipt(nextPosition: end, etag: response.headers["etag"].map { ETag($0) })
    }

    /// What an append must say of the object's attributes: Ceph stores those of the last one, and forgets what it does not repeat.
    private func storedAttributes(
        of key: Key, appendedAt position: Int64, _ form: Dialect.AppendForm, first: ObjectAttributes
    ) async throws(StoreError) -> ObjectAttributes? {
        if position == 0 { return first }
        guard form == .put else { return nil }
        return ObjectAttributes(of: try await head(key, ReadConditions()))
    }

    /// Ceph names the wrong code where another piece already has the place of this one: after a race, and in copies of appended objects.
    private func sendAppend(_ request: StoreRequest) async throws(StoreError) -> StoreResponse {
        do throws(StoreError) {
            return try await client.send(request)
        } catch {
            guard error.reason == .bucketExists else { throw error }
            var error = error
            error.reason = .notAppendable
            throw error
        }
    }

    package func modify(_ key: Key, at position: Int64, _ body: any ByteSource) async throws(StoreError) -> WriteReceipt {
        guard capabilities.modify else { throw missing("modify", key) }
        var request = try checked("PUT", key)
        request.query = [QueryItem("modify"), QueryItem("position", String(position))]
        request.body = body
        return try await client.send(request).receipt(dialect)
    }

    package func truncate(_ key: Key, to size: Int64) async throws(StoreError) {
        guard capabilities.modify else { throw missing("truncate", key) }
        var request = try checked("PUT", key)
        request.query = [QueryItem("length", String(size)), QueryItem("truncate")]
        _ = try await client.send(request)
    }

    package func rename(_ key: Key, to destination: Key) async throws(StoreError) {
        guard capabilities.rename else { throw missing("rename", key) }
        _ = try checked("POST", destination)
        var request = try checked("POST", key)
        request.query = [.encoding("name", raw: destination.bytes), QueryItem("rename")]
        request.isSlow = true
        _ = try await client.send(request)
    }

    /// Source: "Modifying Object Metadata", OBS API Reference.
    package func replaceAttributes(_ key: Key, _ attributes: ObjectAttributes) async throws(StoreError) {
        guard capabilities.replaceAttributes else { throw missing("metadata", key) }
        var request = try checked("PUT", key)
        request.query = [QueryItem("metadata")]
        request.headers.append(HeaderField(dialect.header("metadata-directive"), "REPLACE"))
        request.add(attributes, dialect)
        _ = try await client.send(request)
    }

    private func missing(_ verb: String, _ key: Key) -> StoreError {
        var error = StoreError(.unsupported, "the store does not offer \(verb)")
        error.operation = "\(verb) \(bucket)/\(key)"
        return error
    }
}

extension StoreResponse {
    /// Where the next append goes, in the words of whichever store answers.
    func appendPosition(_ dialect: Dialect) -> Int64? {
        let names = ["x-obs-next-append-position", "x-rgw-next-append-position", dialect.header("object-size")]
        return names.lazy.compactMap { headers[$0] }.first.flatMap { Int64($0) }
    }
}
