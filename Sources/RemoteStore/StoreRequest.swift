internal import FileSystemTypes
internal import HTTPTransport
internal import ObjectStorage
internal import Signing

/// One operation of a store's API before it is addressed and signed.
struct StoreRequest {
    var method: String
    var bucket: BucketName?
    var key: Key?
    var query: [QueryItem] = []
    var headers: [HeaderField] = []
    var body: (any ByteSource)?
    var delivery = HTTPRequest.Delivery.collected(limit: 1 << 20)
    /// The server works on it in silence: copies and completions.
    var isSlow = false
    /// Carried out once more it would do more than once.
    var mayRepeat = true
    /// The store wants a Content-MD5 of this body.
    var needsMD5 = false
    var roles: RequestRoles = []

    init(_ method: String, _ bucket: BucketName?, _ key: Key? = nil) {
        self.method = method
        self.bucket = bucket
        self.key = key
    }

    /// For messages: the operation and its key.
    var title: String {
        var text = method
        if let bucket { text += " \(bucket)" }
        if let key { text += "/\(key)" }
        let names = query.map(\.name).filter { !["prefix", "delimiter", "max-keys", "encoding-type", "continuation-token"].contains($0) }
        return names.isEmpty ? text : text + "?" + names.joined(separator: "&")
    }
}

package struct StoreResponse: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: ResponseBody
}
