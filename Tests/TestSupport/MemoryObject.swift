import Crypto
import FileSystemTypes
import ObjectStorage

/// An object of a `MemoryBucket`.
struct MemoryObject: Sendable {
    let bytes: [UInt8]
    let etag: ETag
    let attributes: ObjectAttributes
    /// Whole seconds, as the Last-Modified header has them.
    let modified: Timestamp
    /// How often it was appended to; nil of an object that cannot grow.
    let appends: Int?

    init(bytes: [UInt8], etag: ETag, attributes: ObjectAttributes, appends: Int? = nil) {
        self.bytes = bytes
        self.etag = etag
        self.attributes = attributes
        self.appends = appends
        modified = Timestamp(seconds: Timestamp.now.seconds)
    }

    var info: ObjectInfo {
        var info = ObjectInfo(
            size: Int64(bytes.count), etag: etag, lastModified: modified, contentType: attributes.contentType ?? "binary/octet-stream",
            metadata: attributes.metadata, storageClass: attributes.storageClass)
        info.headers = attributes.headers
        if appends != nil { info.appendPosition = info.size }
        info.md5 = appends == nil ? etag.digits : nil
        return info
    }

    func listed(as key: Key, withAttributes: Bool = false) -> ListedObject {
        var listed = ListedObject(
            key: key, size: Int64(bytes.count), etag: etag, lastModified: modified, storageClass: attributes.storageClass ?? "STANDARD")
        if withAttributes { listed.attributes = ListedAttributes(ObjectAttributes(of: info)) }
        return listed
    }

    var receipt: WriteReceipt { WriteReceipt(etag: etag, lastModified: modified) }
}

/// A multipart upload of a `MemoryBucket`.
struct MemoryUpload: Sendable {
    struct Part: Sendable {
        let bytes: [UInt8]
        let digest: [UInt8]
    }

    let key: Key
    let attributes: ObjectAttributes
    let initiated: Timestamp
    var parts: [Int: Part] = [:]
}

/// MD5 as S3 uses it for ETags.
enum Digest {
    static func md5(_ bytes: [UInt8]) -> [UInt8] {
        Array(Insecure.MD5.hash(data: bytes))
    }

    static func etag(of digest: [UInt8], parts: Int? = nil) -> ETag {
        let digits = Array("0123456789abcdef".utf8)
        let hex = digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        let text = String(decoding: hex, as: UTF8.self)
        return ETag(parts.map { "\(text)-\($0)" } ?? text)
    }
}
