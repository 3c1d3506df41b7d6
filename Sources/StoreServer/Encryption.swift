import Crypto
import NIOHTTP1

/// How a version is said to be encrypted. The bytes on the disk are never encrypted: this store shows what a service refuses, and hides nothing.
struct Encryption: Hashable, Codable, Sendable {
    /// `AES256`, `aws:kms`, ... as the client sent it; nil with a customer's key.
    var algorithm: String?
    var kmsKey: String?
    var customerKey: CustomerKeyHash?

    /// Whether the ETag is not the MD5 of the bytes.
    var hidesTag: Bool { customerKey != nil || kmsKey != nil || algorithm?.contains("kms") == true }

    /// An ETag that says nothing of the bytes.
    static func opaqueTag() -> String {
        Hex.encode((0..<16).map { _ in UInt8.random(in: .min ... .max) })
    }

    /// What a PUT, a copy or the begin of an upload asks for; nil where it asks for nothing.
    init?(_ request: Request) throws(ServiceError) {
        let key = try CustomerKey(request, "server-side-encryption-customer")
        kmsKey = request.own(request.dialect.kmsKeyHeader)
        algorithm = request.own("server-side-encryption")
        if algorithm == nil, kmsKey == nil, key == nil { return nil }
        guard key == nil || (algorithm == nil && kmsKey == nil) else {
            throw .invalidArgument("Server Side Encryption with Customer provided key is incompatible with the encryption method specified")
        }
        if let algorithm {
            guard request.dialect.encryptionMethods.contains(algorithm) else {
                throw .invalidArgument("The encryption method specified is not supported")
            }
        } else if kmsKey != nil {
            throw .invalidArgument("A key id needs the encryption method that it is for")
        }
        customerKey = key.map { CustomerKeyHash($0) }
    }

    /// Refuses a reader, or the uploader of a part, without the right key.
    static func check(_ encryption: Encryption?, _ key: CustomerKey?) throws(ServiceError) {
        guard let hash = encryption?.customerKey else {
            guard key == nil else { throw .invalidRequest("The encryption parameters are not applicable to this object.") }
            return
        }
        guard let key else {
            throw .invalidRequest(
                "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.")
        }
        guard hash.matches(key) else { throw .accessDenied }
    }
}

/// A key that a client sent along (SSE-C). It is never stored.
struct CustomerKey {
    let bytes: [UInt8]

    /// From the headers that begin with `prefix`; nil where there are none.
    init?(_ request: Request, _ prefix: String) throws(ServiceError) {
        let (algorithm, key, hash) = (request.own("\(prefix)-algorithm"), request.own("\(prefix)-key"), request.own("\(prefix)-key-md5"))
        if algorithm == nil, key == nil, hash == nil { return nil }
        guard algorithm == "AES256" else {
            throw ServiceError(
                400, "InvalidEncryptionAlgorithmError", "The encryption request you specified is not valid. The valid value is AES256.")
        }
        guard let key, let hash else {
            throw .invalidArgument("Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate secret key.")
        }
        guard let bytes = Base64.decode(key), bytes.count == 32 else {
            throw .invalidArgument("The secret key was invalid for the specified algorithm.")
        }
        guard Base64.decode(hash) == Array(Insecure.MD5.hash(data: bytes)) else {
            throw .invalidArgument("The calculated MD5 hash of the key did not match the hash that was provided.")
        }
        self.bytes = bytes
    }
}

/// What is kept of a customer's key: enough to recognise it, too little to find it.
struct CustomerKeyHash: Hashable, Codable, Sendable {
    private let salt: [UInt8]
    private let hash: [UInt8]

    init(_ key: CustomerKey) {
        salt = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
        hash = Self.hash(salt, key)
    }

    func matches(_ key: CustomerKey) -> Bool { hash == Self.hash(salt, key) }

    private static func hash(_ salt: [UInt8], _ key: CustomerKey) -> [UInt8] { Array(SHA256.hash(data: salt + key.bytes)) }
}

extension Dialect {
    var kmsKeyHeader: String { isNative ? "server-side-encryption-kms-key-id" : "server-side-encryption-aws-kms-key-id" }

    var encryptionMethods: Set<String> { isNative ? ["kms", "AES256"] : ["aws:kms", "aws:kms:dsse", "AES256"] }
}

extension HTTPHeaders {
    /// What an answer says of the encryption; the client's own key is named by the hash that the request carries.
    mutating func add(_ encryption: Encryption?, _ request: Request) {
        guard let encryption else { return }
        let dialect = request.dialect
        if let algorithm = encryption.algorithm { add(name: dialect.header("server-side-encryption"), value: algorithm) }
        if let key = encryption.kmsKey { add(name: dialect.header(dialect.kmsKeyHeader), value: key) }
        if encryption.customerKey != nil, let hash = request.own("server-side-encryption-customer-key-md5") {
            add(name: dialect.header("server-side-encryption-customer-algorithm"), value: "AES256")
            add(name: dialect.header("server-side-encryption-customer-key-MD5"), value: hash)
        }
    }
}

extension PendingUpload {
    /// Whether the ETags of its parts are not the MD5 of their bytes.
    var hidesTags: Bool { manifest.facts.encryption?.hidesTag == true }
}

extension Service {
    /// Every append needs the key that the object was begun with.
    func checkAppendKey(_ request: Request, _ current: StoredObject?) throws(ServiceError) {
        guard let current, dialect.features.hasEncryption else { return }
        try Encryption.check(current.facts.encryption, CustomerKey(request, "server-side-encryption-customer"))
    }

    /// A part needs the key that its upload was begun with.
    func checkPartKey(_ upload: PendingUpload, _ request: Request) throws(ServiceError) {
        guard dialect.features.hasEncryption else { return }
        let key = try CustomerKey(request, "server-side-encryption-customer")
        guard let hash = upload.manifest.facts.encryption?.customerKey else {
            guard key == nil else { throw .invalidRequest("The multipart upload was begun without these encryption parameters.") }
            return
        }
        guard let key else {
            throw .invalidRequest(
                "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.")
        }
        guard hash.matches(key) else { throw .invalidRequest("The provided encryption parameters did not match the ones used originally.") }
    }
}
