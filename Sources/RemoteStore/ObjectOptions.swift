internal import Crypto
internal import Foundation
internal import Signing

/// What the requests of a mount carry besides what each operation needs.
package struct ObjectOptions: Sendable {
    /// Who encrypts objects at rest, and with whose key.
    package enum Encryption: Sendable {
        /// As the bucket is set.
        case bucketDefault
        /// With keys that the store keeps.
        case storeKeys
        /// With a key of the key-management service; nil for its default key.
        case managedKey(id: String?)
        /// With a key that goes along with every request and is kept nowhere else.
        case customerKey(CustomerKey)
    }

    package var encryption = Encryption.bucketDefault
    /// Of new objects, in the store's own words.
    package var storageClass: String?
    /// A canned access-control list for new objects, e.g. `bucket-owner-full-control`.
    package var accessControl: String?
    /// Of new objects in IBM COS.
    package var retention: Retention?
    /// Whoever asks pays, where a bucket is set so.
    package var requesterPays = false

    package init() {}
}

/// A key of 256 bits for SSE-C. Its text and dump show nothing of it.
package struct CustomerKey: Sendable, CustomStringConvertible, CustomReflectable {
    private let bytes: [UInt8]

    /// Takes 32 bytes, or their Base64 with or without a line end; nil for anything else.
    package init?(_ content: [UInt8]) {
        if content.count == 32 {
            bytes = content
            return
        }
        let text = String(decoding: content, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let data = Data(base64Encoded: text), data.count == 32 else { return nil }
        bytes = Array(data)
    }

    package var description: String { "a customer key" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }

    fileprivate func headers(_ prefix: String) -> [HeaderField] {
        let digest = Data(Insecure.MD5.hash(data: bytes))
        return [
            HeaderField(prefix + "algorithm", "AES256"), HeaderField(prefix + "key", Data(bytes).base64EncodedString()),
            HeaderField(prefix + "key-MD5", digest.base64EncodedString()),
        ]
    }
}

/// What a request does to objects, as far as options depend on it.
struct RequestRoles: OptionSet, Sendable {
    let rawValue: Int

    /// Makes an object: class, access and encryption are settled here.
    static let creates = RequestRoles(rawValue: 1)
    /// Carries or describes the bytes of an object.
    static let content = RequestRoles(rawValue: 2)
    /// Reads another object for its bytes.
    static let copies = RequestRoles(rawValue: 4)
    /// Makes an object of what was sent before.
    static let completes = RequestRoles(rawValue: 8)
}

extension ObjectOptions {
    func headers(for request: StoreRequest, _ dialect: Dialect) -> [HeaderField] {
        var headers: [HeaderField] = []
        if requesterPays { headers.append(HeaderField(dialect.header("request-payer"), "requester")) }
        if request.roles.contains(.creates) {
            let classHeader = dialect.header("storage-class")
            if let storageClass, !request.headers.contains(where: { $0.name == classHeader }) {
                headers.append(HeaderField(classHeader, storageClass))
            }
            if let accessControl { headers.append(HeaderField(dialect.header("acl"), accessControl)) }
        }
        if let retention, dialect.family == .cos, request.roles.isSuperset(of: [.creates, .content]) || request.roles.contains(.completes) {
            headers += retention.headers
        }
        return headers + encryptionHeaders(request.roles, dialect)
    }

    /// Source: "Server-side encryption", Amazon S3 User Guide; "Server-Side Encryption", OBS API Reference.
    private func encryptionHeaders(_ roles: RequestRoles, _ dialect: Dialect) -> [HeaderField] {
        let name = dialect.header("server-side-encryption")
        switch encryption {
        case .bucketDefault: return []
        case .storeKeys: return roles.contains(.creates) ? [HeaderField(name, "AES256")] : []
        case .managedKey(let id):
            guard roles.contains(.creates) else { return [] }
            let isNative = dialect.headerPrefix == "x-obs-"
            let keyHeader = name + (isNative ? "-kms-key-id" : "-aws-kms-key-id")
            return [HeaderField(name, isNative ? "kms" : "aws:kms")] + (id.map { [HeaderField(keyHeader, $0)] } ?? [])
        case .customerKey(let key):
            let own = roles.isDisjoint(with: [.content, .creates]) ? [] : key.headers(name + "-customer-")
            let source = dialect.header("copy-source-server-side-encryption-customer-")
            return own + (roles.contains(.copies) ? key.headers(source) : [])
        }
    }
}
