package import FileSystemTypes

/// Conditions under which a read is answered (RFC 9110, 13.1).
package struct ReadConditions: Hashable, Sendable {
    /// Fails with `preconditionFailed` when the object is another version.
    package var ifMatch: ETag?
    /// Fails with `notModified` when the object is still this version.
    package var ifNoneMatch: ETag?
    package var version: VersionID?
    /// The range that is read is all of the object, as far as the reader knows: the store may be asked for its checksum, too.
    package var isWhole: Bool

    package init(ifMatch: ETag? = nil, ifNoneMatch: ETag? = nil, version: VersionID? = nil, isWhole: Bool = false) {
        self.ifMatch = ifMatch
        self.ifNoneMatch = ifNoneMatch
        self.version = version
        self.isWhole = isWhole
    }
}

/// Under which condition an object is written.
package enum WriteCondition: Hashable, Sendable {
    case always
    /// Fails with `preconditionFailed` when there is such an object.
    case absent
    /// Fails with `preconditionFailed` when the object is another version or gone.
    case matches(ETag)
}

/// Headers that a store keeps with an object and gives back to whoever reads it (RFC 9110, RFC 9111); by their names in lower case.
package enum KeptHeader: String, Hashable, Sendable, CaseIterable {
    case cacheControl = "cache-control"
    case contentDisposition = "content-disposition"
    case contentEncoding = "content-encoding"
    case contentLanguage = "content-language"
    case expires
}

/// What is stored with the bytes of an object.
package struct ObjectAttributes: Hashable, Sendable {
    package var contentType: String?
    package var headers: [KeptHeader: String] = [:]
    /// Without the dialect's prefix; names in lower case, values in ASCII.
    package var metadata: [String: String]
    package var storageClass: String?

    package init(contentType: String? = nil, metadata: [String: String] = [:], storageClass: String? = nil) {
        self.contentType = contentType
        self.metadata = metadata
        self.storageClass = storageClass
    }
}

extension ObjectAttributes {
    /// All that an object has, for another one like it.
    package init(of info: ObjectInfo) {
        self.init(contentType: info.contentType, metadata: info.metadata, storageClass: info.storageClass)
        headers = info.headers
    }
}

/// What a store answers when it has an object.
package struct WriteReceipt: Hashable, Sendable {
    package var etag: ETag?
    package var version: VersionID?
    package var lastModified: Timestamp?

    package init(etag: ETag? = nil, version: VersionID? = nil, lastModified: Timestamp? = nil) {
        self.etag = etag
        self.version = version
        self.lastModified = lastModified
    }
}

/// What a store answers when it has appended.
package struct AppendReceipt: Hashable, Sendable {
    /// The object's new length in bytes.
    package var nextPosition: Int64
    package var etag: ETag?

    package init(nextPosition: Int64, etag: ETag? = nil) {
        self.nextPosition = nextPosition
        self.etag = etag
    }
}

package struct CopyRequest: Hashable, Sendable {
    package var source: Key
    package var destination: Key
    /// Fails with `preconditionFailed` when the source is another version.
    package var ifSourceMatches: ETag?
    /// Nil keeps the source's attributes; otherwise all of them are replaced.
    package var replacing: ObjectAttributes?

    package init(source: Key, destination: Key, ifSourceMatches: ETag? = nil, replacing: ObjectAttributes? = nil) {
        self.source = source
        self.destination = destination
        self.ifSourceMatches = ifSourceMatches
        self.replacing = replacing
    }
}

/// One multipart upload under way.
package struct Upload: Hashable, Sendable {
    package var key: Key
    package var id: UploadID
    /// When it was begun, by this machine's clock; where a listing told.
    package var initiated: Timestamp?

    package init(key: Key, id: UploadID, initiated: Timestamp? = nil) {
        self.key = key
        self.id = id
        self.initiated = initiated
    }
}

/// A part that the store has.
package struct UploadedPart: Hashable, Sendable {
    /// 1 to 10,000.
    package var number: Int
    package var etag: ETag
    /// In bytes; nil where only the upload itself told of the part.
    package var size: Int64?

    package init(number: Int, etag: ETag, size: Int64? = nil) {
        self.number = number
        self.etag = etag
        self.size = size
    }
}

package struct ListRequest: Hashable, Sendable {
    package var prefix: Key
    /// What ends a common prefix; nil lists every key.
    package var delimiter: String?
    /// Where the page before ended.
    package var cursor: ListCursor?
    /// Lists keys after this one only; not together with `cursor`.
    package var startAfter: Key?
    /// 1 to 1,000.
    package var maximumKeys: Int
    /// Asks for what HEAD would say of the objects, too, where the store's listings can tell that.
    package var withAttributes: Bool

    package init(
        prefix: Key = "", delimiter: String? = nil, cursor: ListCursor? = nil, startAfter: Key? = nil, maximumKeys: Int = 1000,
        withAttributes: Bool = false
    ) {
        self.prefix = prefix
        self.delimiter = delimiter
        self.cursor = cursor
        self.startAfter = startAfter
        self.maximumKeys = maximumKeys
        self.withAttributes = withAttributes
    }
}

/// Where a listing goes on: what the store gave, opaque to everyone else.
package struct ListCursor: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }
}

package struct ListPage: Hashable, Sendable {
    package var objects: [ListedObject]
    package var commonPrefixes: [Key]
    /// Nil on the last page.
    package var next: ListCursor?

    package init(objects: [ListedObject] = [], commonPrefixes: [Key] = [], next: ListCursor? = nil) {
        self.objects = objects
        self.commonPrefixes = commonPrefixes
        self.next = next
    }
}

package struct BucketSummary: Hashable, Sendable {
    package var name: BucketName
    package var created: Timestamp?
    /// Where it lies, in the store's own words; nil where the store does not say.
    package var location: String?
    /// An OBS parallel file system, as far as the store says so.
    package var isFileSystem = false

    package init(name: BucketName, created: Timestamp? = nil) {
        self.name = name
        self.created = created
    }
}
