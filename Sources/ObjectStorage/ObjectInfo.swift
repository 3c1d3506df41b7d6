package import FileSystemTypes

/// What HEAD and GET say of an object.
package struct ObjectInfo: Hashable, Sendable {
    /// The length of the whole object in bytes, also where only a range was asked for.
    package var size: Int64
    package var etag: ETag?
    package var lastModified: Timestamp?
    package var contentType: String?
    /// Which of `KeptHeader` the object has.
    package var headers: [KeptHeader: String] = [:]
    /// User metadata without the dialect's prefix; names in lower case.
    package var metadata: [String: String]
    package var version: VersionID?
    package var storageClass: String?
    /// Where the next append goes: only of objects that can grow.
    package var appendPosition: Int64?
    /// The MD5 of all bytes, where the store is known to say it.
    package var md5: [UInt8]?
    /// Another checksum of all bytes, where the answer to a read of the whole object told one.
    package var checksum: ObjectChecksum?

    package init(
        size: Int64, etag: ETag? = nil, lastModified: Timestamp? = nil, contentType: String? = nil,
        metadata: [String: String] = [:], version: VersionID? = nil, storageClass: String? = nil
    ) {
        self.size = size
        self.etag = etag
        self.lastModified = lastModified
        self.contentType = contentType
        self.metadata = metadata
        self.version = version
        self.storageClass = storageClass
    }
}

/// What a listing says of an object.
package struct ListedObject: Hashable, Sendable {
    package var key: Key
    /// In bytes.
    package var size: Int64
    package var etag: ETag?
    package var lastModified: Timestamp?
    package var storageClass: String?
    /// What is stored with the object's bytes; nil where the listing does not tell all of it.
    package var attributes: ListedAttributes?
    /// Of what is not an object of the bucket but an earlier version of one, shown under a key of its own: which it is. A listing may show such
    /// entries out of the order of keys.
    package var version: VersionID?

    package init(key: Key, size: Int64, etag: ETag? = nil, lastModified: Timestamp? = nil, storageClass: String? = nil) {
        self.key = key
        self.size = size
        self.etag = etag
        self.lastModified = lastModified
        self.storageClass = storageClass
    }
}

extension ListedObject {
    /// What HEAD would say of the object, where the listing tells all of that. HEAD gives times in whole seconds.
    package var info: ObjectInfo? {
        guard let attributes = attributes?.unpacked else { return nil }
        var info = ObjectInfo(
            size: size, etag: etag, lastModified: lastModified.map { Timestamp(seconds: $0.seconds) }, contentType: attributes.contentType,
            metadata: attributes.metadata, storageClass: attributes.storageClass)
        info.headers = attributes.headers
        return info
    }
}
