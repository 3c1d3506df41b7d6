internal import FileSystemTypes
package import Logging
package import ObjectStorage
internal import Signing

/// The access keys of an account of CTYun OOS, of which there are up to ten.
///
/// Source: "AccessKey", OOS Developer's Guide.
package struct AccessKeys: Sendable {
    package struct Summary: Hashable, Sendable {
        package var id: String
        package var user: String?
        package var isActive: Bool
        /// It may do everything; another one only what concerns objects whose keys begin with its own id.
        package var isPrimary: Bool
    }

    /// A new key. No description, dump or mirror of it shows the secret.
    package struct Created: Sendable, CustomStringConvertible, CustomReflectable {
        package let summary: Summary
        package let secret: String

        package var description: String { "Created(\(summary.id))" }
        package var customMirror: Mirror { Mirror(self, children: ["summary": summary]) }
    }

    private let store: RetryingStore<RemoteStore>

    /// Where it answers for a store; nil where that is not known.
    package static func standard(_ client: StoreClient) -> Endpoint? {
        let labels = client.endpoint.host.split(separator: ".")
        guard labels.count == 3, labels[1] == "ctyunapi", labels[0].hasPrefix("oos-"), !labels[0].hasSuffix("-iam") else { return nil }
        return Endpoint("https://\(labels[0])-iam.ctyunapi.cn")
    }

    /// Uses the client's credentials and connections.
    package init(_ client: StoreClient, at endpoint: Endpoint, policy: RetryPolicy, logger: Logger) {
        // The requests name no bucket.
        store = RetryingStore(RemoteStore(client.speaking(to: endpoint), bucket: BucketName("")), policy: policy, logger: logger)
    }

    package func create() async throws(StoreError) -> Created {
        let root = try await send("CreateAccessKey", mayRepeat: false)
        let result = root.first("CreateAccessKeyResult")
        guard let key = result?.first("AccessKey") ?? result, let summary = Self.summary(key), let secret = key.text("SecretAccessKey") else {
            throw StoreError(.invalidResponse, "the store made an access key without naming it; look for it: windlass access-key list")
        }
        return Created(summary: summary, secret: secret)
    }

    package func delete(_ id: String) async throws(StoreError) {
        _ = try await send("DeleteAccessKey", [("AccessKeyId", id)])
    }

    /// What is nil stays as it is.
    package func update(_ id: String, isActive: Bool?, isPrimary: Bool?) async throws(StoreError) {
        var fields = [("AccessKeyId", id)]
        if let isActive { fields.append(("Status", isActive ? "Active" : "Inactive")) }
        if let isPrimary { fields.append(("IsPrimary", isPrimary ? "true" : "false")) }
        _ = try await send("UpdateAccessKey", fields)
    }

    package func list() async throws(StoreError) -> [Summary] {
        var found: [Summary] = []
        var marker: String?
        while true {
            let root = try await send("ListAccessKey", [("MaxItems", "100")] + (marker.map { [("Marker", $0)] } ?? []))
            let result = root.first("ListAccessKeysResult")
            found += (result?.first("AccessKeyMetadata")?.all("member") ?? []).compactMap(Self.summary)
            guard result?.text("IsTruncated") == "true" else { return found }
            guard let next = result?.text("Marker"), next != marker else {
                throw StoreError(.invalidResponse, "the store's list of access keys does not go on")
            }
            marker = next
        }
    }

    private static func summary(_ element: XMLElement) -> Summary? {
        guard let id = element.text("AccessKeyId") else { return nil }
        return Summary(
            id: id, user: element.text("UserName"), isActive: element.text("Status")?.lowercased() != "inactive",
            isPrimary: element.text("IsPrimary")?.lowercased() == "true")
    }

    private func send(_ action: String, _ fields: [(String, String)] = [], mayRepeat: Bool = true) async throws(StoreError) -> XMLElement {
        var request = StoreRequest("POST", nil)
        let form = ([("Action", action)] + fields).map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&")
        request.body = BytesSource(Bytes(form))
        request.headers = [HeaderField("Content-Type", "application/x-www-form-urlencoded")]
        request.mayRepeat = mayRepeat
        let ready = request
        let bytes = try await store.retrying(
            { _ throws(StoreError) in try await store.base.client.send(ready).document(ready) },
            unless: { !mayRepeat && ($0.outcomeUnknown || $0.reason == .unavailable) })
        return bytes.isEmpty ? XMLElement(name: "") : try XMLElement.parse(bytes)
    }
}
