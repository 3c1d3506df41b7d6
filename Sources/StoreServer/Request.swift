import NIOHTTP1
import ObjectStorage

/// One request, understood but for its body.
struct Request {
    let id: String
    let head: HTTPRequestHead
    let target: RequestTarget
    let name: ResourceName
    let operation: Operation
    let dialect: Dialect
    let body: RequestBody
    /// The server's idea of the time.
    let now: StoreTime
    /// Of listings; nil for none.
    var lag: ListingLag?

    func header(_ name: String) -> String? { head.headers.first(name: name) }

    /// One of the service's own headers.
    func own(_ name: String) -> String? { head.headers.first(name: dialect.header(name)) }

    func bucketName() throws(ServiceError) -> String {
        guard let bucket = name.bucket else { throw .methodNotAllowed }
        return bucket
    }

    func key() throws(ServiceError) -> Key {
        guard let key = name.key else { throw .methodNotAllowed }
        return key
    }

    /// If-None-Match, If-Match and If-Unmodified-Since of a write. The service knows no other value than `*` for the former.
    func writePrecondition() throws(ServiceError) -> WritePrecondition {
        var condition = dialect.features.hasWriteConditions ? try conditionHeaders() : .none
        condition.forbidsOverwrite = own("forbid-overwrite")?.lowercased() == "true"
        condition.pauseMilliseconds = dialect.features.overwritePauseMilliseconds
        return condition
    }

    private func conditionHeaders() throws(ServiceError) -> WritePrecondition {
        if let text = header("if-none-match"), text.trimmed != "*" { throw .notImplemented("If-None-Match") }
        var condition = WritePrecondition(absent: header("if-none-match") != nil, matches: header("if-match").map { EntityTags($0) })
        condition.unmodifiedSince = header("if-unmodified-since").flatMap { StoreTime(http: $0) }
        return condition
    }

    /// What a PUT, a copy or the begin of an upload says of the object to be. Refuses too much metadata and unknown storage classes.
    func attributes() throws(ServiceError) -> StoredAttributes {
        guard let storageClass = dialect.storedClass(own("storage-class") ?? dialect.storageClasses[0]) else {
            throw ServiceError(400, "InvalidStorageClass", "The storage class you specified is not valid")
        }
        return StoredAttributes(headers: systemHeaders(), metadata: try metadata(), storageClass: storageClass)
    }

    private func systemHeaders() -> [NamedValue] {
        ["Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires"].compactMap { name in
            guard var value = header(name) else { return name == "Content-Type" ? NamedValue(name, "binary/octet-stream") : nil }
            if name == "Content-Encoding" {
                value = value.split(separator: ",").map(\.trimmed).filter { $0 != "aws-chunked" }.joined(separator: ",")
            }
            return value.isEmpty ? nil : NamedValue(name, value)
        }
    }

    /// Repeated names are joined by commas.
    private func metadata() throws(ServiceError) -> [NamedValue] {
        let prefix = dialect.header("meta-")
        var result: [NamedValue] = []
        for (name, value) in head.headers {
            let lower = name.lowercased()
            guard lower.hasPrefix(prefix) else { continue }
            let name = String(lower.dropFirst(prefix.count))
            if let index = result.firstIndex(where: { $0.name == name }) {
                result[index].value += "," + value
            } else {
                result.append(NamedValue(name, value))
            }
        }
        let size = result.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        guard size <= dialect.limits.metadata else { throw .metadataTooLarge }
        return result
    }
}
