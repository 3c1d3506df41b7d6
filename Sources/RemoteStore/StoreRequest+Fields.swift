internal import ObjectStorage
internal import Signing

extension StoreRequest {
    mutating func add(_ conditions: ReadConditions) {
        if let etag = conditions.ifMatch { headers.append(HeaderField("If-Match", etag.quoted)) }
        if let etag = conditions.ifNoneMatch { headers.append(HeaderField("If-None-Match", etag.quoted)) }
        if let version = conditions.version { query.append(.encoding("versionId", version.text)) }
    }

    mutating func add(_ condition: WriteCondition, _ dialect: Dialect) {
        switch condition {
        case .always: break
        case .absent:
            switch dialect.absentCondition {
            case .ifNoneMatch: headers.append(HeaderField("If-None-Match", "*"))
            case .forbidOverwrite: headers.append(HeaderField(dialect.vendorPrefix + "forbid-overwrite", "true"))
            }
        case .matches(let etag): headers.append(HeaderField("If-Match", etag.quoted))
        }
    }

    mutating func add(_ attributes: ObjectAttributes, _ dialect: Dialect) {
        if let type = attributes.contentType { headers.append(HeaderField("Content-Type", type)) }
        for (header, value) in attributes.headers.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            headers.append(HeaderField(header.rawValue, value))
        }
        if let storageClass = attributes.storageClass { headers.append(HeaderField(dialect.header("storage-class"), storageClass)) }
        for (name, value) in attributes.metadata.sorted(by: { $0.key < $1.key }) {
            headers.append(HeaderField(dialect.metadataPrefix + name, value))
        }
    }
}
