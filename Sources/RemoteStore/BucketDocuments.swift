package import FileSystemTypes
internal import HTTPTransport
package import Logging
package import ObjectStorage
internal import Signing

/// The documents that say how a bucket is set: sub-resources that are read, replaced and removed whole.
package struct BucketDocuments: Sendable {
    /// A sub-resource in the query, with more parameters that say which of several is meant.
    package struct Address: Hashable, Sendable {
        package struct Parameter: Hashable, Sendable {
            package var name: String
            package var value: String?

            package init(_ name: String, _ value: String? = nil) {
                self.name = name
                self.value = value
            }
        }

        /// Empty: the bucket itself.
        package var parameters: [Parameter]

        package init(_ parameters: [Parameter]) {
            self.parameters = parameters
        }
    }

    /// What a PUT says.
    package struct Content: Sendable {
        package var document: Bytes?
        package var contentType: String?
        /// A canned access-control list.
        package var accessControl: String?

        package init(document: Bytes? = nil, contentType: String? = nil, accessControl: String? = nil) {
            self.document = document
            self.contentType = contentType
            self.accessControl = accessControl
        }
    }

    private let store: RetryingStore<RemoteStore>
    package let bucket: BucketName

    package init(_ client: StoreClient, bucket: BucketName, policy: RetryPolicy, logger: Logger) {
        store = RetryingStore(RemoteStore(client, bucket: bucket), policy: policy, logger: logger)
        self.bucket = bucket
    }

    package var dialect: Dialect { store.base.dialect }

    /// A follower of Amazon S3 may take a setting that it does not know for something else.
    package var mayIgnoreChanges: Bool { dialect.family == .s3 && !store.base.client.endpoint.isAmazon }

    /// Fails with `unsupported` where the store takes the question for a listing: it does not know the sub-resource.
    package func get(_ address: Address) async throws(StoreError) -> String {
        let request = request("GET", address)
        let bytes = try await store.retrying { _ throws(StoreError) in try await store.base.client.send(request).document(request) }
        let text = String(decoding: bytes.contiguous, as: UTF8.self)
        guard !text.prefix(400).contains("<ListBucketResult") else {
            var error = StoreError(.unsupported, "the store does not know ?\(address.parameters.first?.name ?? "")")
            error.operation = request.title
            throw error
        }
        return text
    }

    /// Every document goes with its MD5, which some stores insist on.
    package func put(_ address: Address, _ content: Content) async throws(StoreError) {
        var request = request("PUT", address)
        request.body = content.document.map { BytesSource($0) }
        request.needsMD5 = content.document != nil
        if let type = content.contentType { request.headers.append(HeaderField("Content-Type", type)) }
        if let list = content.accessControl { request.headers.append(HeaderField(dialect.header("acl"), list)) }
        try await carryOut(request)
    }

    package func delete(_ address: Address) async throws(StoreError) {
        precondition(!address.parameters.isEmpty, "a bucket is not one of its settings")
        try await carryOut(request("DELETE", address))
    }

    /// What HEAD tells of the bucket, and every header of the answer by its name in lower case.
    package func head() async throws(StoreError) -> (traits: BucketTraits, headers: [String: String]) {
        let response = try await store.retrying { _ throws(StoreError) in try await store.base.client.send(StoreRequest("HEAD", bucket)) }
        let fields = response.headers.fields.map { ($0.name.lowercased(), $0.value) }
        return (BucketTraits(response, dialect), Dictionary(fields) { first, _ in first })
    }

    private func carryOut(_ request: StoreRequest) async throws(StoreError) {
        _ = try await store.retrying { _ throws(StoreError) in try await store.base.client.send(request) }
    }

    private func request(_ method: String, _ address: Address) -> StoreRequest {
        var request = StoreRequest(method, bucket)
        request.query = address.parameters.map { parameter in
            parameter.value.map { .encoding(parameter.name, $0) } ?? QueryItem(parameter.name)
        }
        return request
    }
}
