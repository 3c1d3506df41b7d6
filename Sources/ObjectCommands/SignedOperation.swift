package import ObjectStorage
package import RemoteStore

/// What a signed URL can be for: an operation by the name that the vendors' guides have for it.
package struct SignedOperation: Hashable, Sendable {
    package let name: String
    package let method: String
    /// It is about a key; else about the bucket.
    package let needsKey: Bool
    /// Parameters of the query without a value that say which operation it is.
    let resource: [String]
    /// Parameters that whoever signs must give.
    package let parameters: [String]

    private init(_ name: String, _ method: String, key: Bool = true, _ resource: String? = nil, parameters: [String] = []) {
        self.name = name
        self.method = method
        needsKey = key
        self.resource = resource.map { [$0] } ?? []
        self.parameters = parameters
    }

    package static func named(_ name: String) -> SignedOperation? { all.first { $0.name == name } }

    package static let all: [SignedOperation] = objects + uploads + buckets

    private static let objects: [SignedOperation] = [
        SignedOperation("get", "GET"), SignedOperation("head", "HEAD"), SignedOperation("put", "PUT"), SignedOperation("delete", "DELETE"),
        SignedOperation("copy", "PUT"), SignedOperation("append", "POST", "append", parameters: ["position"]),
        SignedOperation("get-acl", "GET", "acl"), SignedOperation("put-acl", "PUT", "acl"), SignedOperation("get-tags", "GET", "tagging"),
        SignedOperation("put-tags", "PUT", "tagging"), SignedOperation("delete-tags", "DELETE", "tagging"),
        SignedOperation("restore", "POST", "restore"), SignedOperation("get-retention", "GET", "retention"),
        SignedOperation("put-retention", "PUT", "retention"), SignedOperation("get-legal-hold", "GET", "legal-hold"),
        SignedOperation("put-legal-hold", "PUT", "legal-hold"), SignedOperation("put-metadata", "PUT", "metadata"),
        SignedOperation("options", "OPTIONS"),
    ]

    private static let uploads: [SignedOperation] = [
        SignedOperation("create-upload", "POST", "uploads"), SignedOperation("upload-part", "PUT", parameters: ["partNumber", "uploadId"]),
        SignedOperation("copy-part", "PUT", parameters: ["partNumber", "uploadId"]),
        SignedOperation("list-parts", "GET", parameters: ["uploadId"]), SignedOperation("complete-upload", "POST", parameters: ["uploadId"]),
        SignedOperation("abort-upload", "DELETE", parameters: ["uploadId"]),
    ]

    private static let buckets: [SignedOperation] = [
        SignedOperation("create-bucket", "PUT", key: false), SignedOperation("head-bucket", "HEAD", key: false),
        SignedOperation("delete-bucket", "DELETE", key: false), SignedOperation("list", "GET", key: false),
        SignedOperation("list-versions", "GET", key: false, "versions"), SignedOperation("list-uploads", "GET", key: false, "uploads"),
        SignedOperation("delete-objects", "POST", key: false, "delete"), SignedOperation("get-bucket", "GET", key: false, parameters: ["resource"]),
        SignedOperation("put-bucket", "PUT", key: false, parameters: ["resource"]),
        SignedOperation("remove-from-bucket", "DELETE", key: false, parameters: ["resource"]),
    ]

    /// As it is signed, with what else the query and the headers are to have.
    package func call(_ key: Key?, query: [ObjectCall.Field], headers: [ObjectCall.Field]) throws(StoreError) -> ObjectCall {
        guard (key != nil) == needsKey else {
            throw ObjectCommands.invalid(needsKey ? "'\(name)' is about an object: give its key" : "'\(name)' is about a bucket: give no key")
        }
        var call = ObjectCall(method, key)
        for name in resource { call.ask(name) }
        for name in parameters {
            guard let given = query.first(where: { $0.name == name }), let value = given.value else {
                throw ObjectCommands.invalid("'\(self.name)' needs --query \(name)=VALUE")
            }
            if name == "resource" { call.ask(value) } else { call.ask(name, value) }
        }
        call.query += query.filter { !parameters.contains($0.name) }
        call.headers = headers
        return call
    }
}

extension ObjectCommands {
    package func presigned(
        _ operation: SignedOperation, _ key: Key?, query: [ObjectCall.Field], headers: [ObjectCall.Field], seconds: Int
    ) async throws(StoreError) -> String {
        try await objects.presigned(try operation.call(key, query: query, headers: headers), seconds: seconds)
    }
}
