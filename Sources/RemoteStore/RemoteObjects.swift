internal import FileSystemTypes
internal import HTTPTransport
package import Logging
package import ObjectStorage
internal import Signing

/// The objects of one bucket, for whatever can be asked about them in the store's own terms.
package struct RemoteObjects: Sendable {
    /// The verbs that every store has.
    package let store: RetryingStore<RemoteStore>
    package let client: StoreClient
    package let bucket: BucketName

    package init(_ client: StoreClient, bucket: BucketName, capabilities: Capabilities? = nil, policy: RetryPolicy, logger: Logger) {
        store = RetryingStore(RemoteStore(client, bucket: bucket, capabilities: capabilities), policy: policy, logger: logger)
        self.client = client
        self.bucket = bucket
    }

    package var dialect: Dialect { client.dialect }

    /// A follower of Amazon S3 may not look at a sub-resource, and take a change of it for one of the object.
    package var mayIgnoreSubresources: Bool { dialect.family == .s3 && !client.endpoint.isAmazon }

    /// It may ignore conditions on writes: no request says whether it does.
    package var mayIgnoreConditions: Bool { !store.capabilities.putIfAbsent && dialect.family != .obs && !client.endpoint.isAmazon }

    /// Another bucket that is reached in the same way.
    package func other(_ bucket: BucketName) -> RemoteObjects {
        RemoteObjects(client, bucket: bucket, store)
    }

    private init(_ client: StoreClient, bucket: BucketName, _ like: RetryingStore<RemoteStore>) {
        store = like.on(RemoteStore(client, bucket: bucket))
        self.client = client
        self.bucket = bucket
    }

    /// Whole, with its document; repeated where that may help and does no harm.
    package func send(_ call: ObjectCall) async throws(StoreError) -> ObjectAnswer {
        var request = try request(call)
        request.delivery = .collected(limit: 32 << 20)
        return try await store.retrying(
            { [request] _ throws(StoreError) in
                let response = try await client.send(request)
                return ObjectAnswer(response, document: try await response.document(request))
            }, unless: { !call.mayRepeat && $0.outcomeUnknown && $0.reason != .throttled })
    }

    /// With a body that is read as it comes. It is not resumed when it breaks off.
    package func open(_ call: ObjectCall) async throws(StoreError) -> (answer: ObjectAnswer, body: any ObjectBody) {
        var request = try request(call)
        request.delivery = .streamed
        let response = try await store.retrying { [request] _ throws(StoreError) in try await client.send(request) }
        return (ObjectAnswer(response), RemoteBody(response.body, count: 0, title: request.title))
    }

    /// A URL for it that is good for so many seconds. Headers of the call must be sent along by whoever uses it.
    package func presigned(_ call: ObjectCall, seconds: Int) async throws(StoreError) -> String {
        try await client.presigned(try request(call), seconds: seconds)
    }

    /// As `copy-source` has it; the store takes it from any bucket of its.
    package func copySource(_ key: Key, version: String?) -> String {
        let plain = "/\(store.base.bucket.text)/\(PercentEncoding.encodePath(key.bytes))"
        return version.map { "\(plain)?versionId=\(PercentEncoding.encode($0))" } ?? plain
    }

    private func request(_ call: ObjectCall) throws(StoreError) -> StoreRequest {
        var request = if let key = call.key { try store.base.checked(call.method, key) } else { store.base.request(call.method) }
        request.query = call.query.map { item in item.value.map { .encoding(item.name, $0) } ?? QueryItem(PercentEncoding.encode(item.name)) }
        request.headers = try call.headers.map { field throws(StoreError) in
            let value = field.value ?? ""
            let isPlain = (field.name + value).unicodeScalars.allSatisfy { $0.value >= 32 && $0.value < 127 }
            guard isPlain else { throw StoreError(.invalidRequest, "the header \(field.name) takes printable ASCII only") }
            return HeaderField(field.name, value)
        }
        request.body = call.body
        request.needsMD5 = call.needsMD5
        request.mayRepeat = call.mayRepeat
        request.isSlow = call.isSlow
        request.roles = call.role.roles
        return request
    }
}

extension Dialect {
    /// With the prefix of its headers.
    package func ownHeader(_ name: String) -> String { header(name) }

    package var ownMetadataPrefix: String { metadataPrefix }
}
