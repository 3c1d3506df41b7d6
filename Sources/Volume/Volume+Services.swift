internal import FileSystemTypes
internal import Logging
internal import ObjectStorage
internal import PosixMetadata
internal import Synchronization

/// The attributes `windlass.*` that stand for services of the store: each is a request when it is asked for, and none is listed, so that
/// programs which copy all attributes ask for none of them.
enum ServiceFact: Hashable, Sendable {
    case service(ObjectService)
    case url(PresignedMethod)

    /// Nil for a name that is none of them.
    init?(_ name: ExtendedAttributeName) {
        switch String(decoding: name.bytes, as: UTF8.self) {
        case "windlass.tags": self = .service(.tags)
        case "windlass.acl": self = .service(.accessList)
        case "windlass.restore": self = .service(.restoration)
        case "windlass.retention": self = .service(.retention)
        case "windlass.legal-hold": self = .service(.legalHold)
        case "windlass.expiry": self = .service(.expiry)
        case "windlass.storage-class": self = .service(.storageClass)
        case "windlass.url": self = .url(.get)
        case "windlass.url.put": self = .url(.put)
        default: return nil
        }
    }
}

extension Volume {
    /// How long a presigned URL is good.
    private static var urlSeconds: Int { 3600 }

    /// The value of an attribute that only a request tells; nil for all others.
    func serviceValue(_ name: ExtendedAttributeName, of inode: Inode) async throws(Errno) -> [UInt8]? {
        // The class is told by HEAD, which has been asked.
        guard let fact = ServiceFact(name), fact != .service(.storageClass) else { return nil }
        let key = try objectKey(of: inode)
        guard let services else { throw .notSupported }
        switch fact {
        case .url(let method):
            return try await text { () async throws(StoreError) -> String? in
                try await services.presigned(method, key, seconds: Self.urlSeconds)
            }
        case .service(let service):
            let node = try node(inode)
            guard node.remote != nil || node.hasMarker else { throw .noData }
            guard services.services.contains(service) else { throw .notSupported }
            return try await text { () async throws(StoreError) -> String? in try await services.value(of: service, key) }
        }
    }

    private func text(_ body: () async throws(StoreError) -> String?) async throws(Errno) -> [UInt8] {
        guard let value = try await askingService(body) else { throw .noData }
        return Array(value.utf8)
    }

    /// True when the attribute is one of the store's services, and has been set; nil takes it away.
    func setService(_ name: ExtendedAttributeName, of inode: Inode, to value: [UInt8]?) async throws(Errno) -> Bool {
        guard let fact = ServiceFact(name) else { return false }
        guard case .service(let service) = fact else { throw .notPermitted }
        guard let services, services.services.contains(service) else { throw .notSupported }
        guard value.map({ $0.count <= 4096 && $0.allSatisfy { (32..<127).contains($0) } }) ?? true else { throw .invalidArgument }
        // The store must have the object that is meant.
        if let file = try node(inode).file { try await publish(file) }
        let key = try objectKey(of: inode)
        try await askingService { () async throws(StoreError) in
            try await services.set(service, of: key, to: value.map { String(decoding: $0, as: UTF8.self) })
        }
        tree.withLock { tree in
            _ = tree.update(inode) { $0.validUntil = nil }
        }
        return true
    }

    private func objectKey(of inode: Inode) throws(Errno) -> Key {
        let path = try path(of: inode)
        guard try node(inode).kind == .directory else { return keys.file(path) }
        guard !path.isEmpty, !keys.isContinuation(path) else { throw .notSupported }
        return keys.folder(path)
    }

    /// As `asking`; what the store does not take is EINVAL.
    private func askingService<Value>(_ body: () async throws(StoreError) -> Value) async throws(Errno) -> Value {
        do throws(StoreError) {
            return try await body()
        } catch {
            logger.notice("\(error)")
            if error.reason == .noSuchKey { throw .noData }
            throw error.reason == .invalidRequest ? .invalidArgument : error.errno
        }
    }
}
