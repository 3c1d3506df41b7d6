package import FileSystemTypes
internal import ObjectStorage
internal import PosixMetadata
internal import Synchronization

/// Extended attributes: `user.*` and `trusted.*` and access control lists are kept with the object, `windlass.*` tell of it.
///
/// The kernel has checked that the caller may (xattr(7)); here is decided what there is.
extension Volume {
    package func extendedAttribute(_ name: ExtendedAttributeName, of inode: Inode, for caller: Caller) async throws(Errno) -> [UInt8] {
        // Asked for on its own by the kernel (`security.capability`): no request for that.
        try checkKept(name)
        _ = try await attributes(of: inode, handle: nil)
        let node = try node(inode)
        try node.protection.checkReading(name, by: .privileged)
        guard let value = name.namespace == .windlass ? node.fact(name) : node.extendedAttributes[name] else { throw Errno.noData }
        return value
    }

    package func extendedAttributeNames(of inode: Inode, for caller: Caller) async throws(Errno) -> [ExtendedAttributeName] {
        _ = try await attributes(of: inode, handle: nil)
        let node = try node(inode)
        let kept = node.extendedAttributes.names.filter { name in
            switch name.namespace {
            case .user: true
            case .trusted: caller.isPrivileged
            case .accessList, .defaultAccessList: options.hasAccessLists
            case .windlass, .other: false
            }
        }
        return kept + ObjectFact.allCases.map(\.name).filter { node.fact($0) != nil }
    }

    package func setExtendedAttribute(
        _ name: ExtendedAttributeName, of inode: Inode, to value: [UInt8], mode: ExtendedAttributeMode, for caller: Caller
    ) async throws(Errno) {
        try checkWritable()
        try checkKept(name)
        _ = try await attributes(of: inode, handle: nil)
        let caller = caller.resolved
        try await change(inode) { (node) throws(Errno) in
            switch name.namespace {
            case .accessList: try node.setAccessList(value, by: caller)
            case .defaultAccessList: node.defaultAccessList = try node.protection.defaultAccessList(value: value, by: .privileged)
            case .windlass: try node.setFact(name, value)
            case .user, .trusted, .other:
                try node.protection.checkWriting(name, by: .privileged)
                try node.extendedAttributes.set(name, to: value, mode: mode)
            }
        }
    }

    package func removeExtendedAttribute(_ name: ExtendedAttributeName, of inode: Inode, for caller: Caller) async throws(Errno) {
        try checkWritable()
        try checkKept(name)
        _ = try await attributes(of: inode, handle: nil)
        guard name.namespace != .windlass else { throw Errno.notPermitted }
        let node = try node(inode)
        try node.protection.checkWriting(name, by: .privileged)
        guard node.extendedAttributes[name] != nil else {
            // A list that says no more than the permissions is not kept, and taking it away is no error.
            if name.namespace == .accessList || name.namespace == .defaultAccessList { return }
            throw Errno.noData
        }
        try await change(inode) { (node) throws(Errno) in try node.extendedAttributes.remove(name) }
    }

    /// ENOTSUP for what is kept nowhere, EINVAL for a namespace without a name.
    private func checkKept(_ name: ExtendedAttributeName) throws(Errno) {
        switch name.namespace {
        case .windlass: return
        case .user, .trusted: guard options.keepsAttributes else { throw Errno.notSupported }
        case .accessList, .defaultAccessList: guard options.keepsAttributes, options.hasAccessLists else { throw Errno.notSupported }
        case .other: throw name == .user || name == .trusted ? Errno.invalidArgument : .notSupported
        }
    }
}

/// What an object is besides its bytes, as HEAD tells it.
enum ObjectFact: String, CaseIterable {
    case etag
    case contentType = "content-type"
    case storageClass = "storage-class"
    case versionID = "version-id"
    case appendPosition = "append-position"

    var name: ExtendedAttributeName { ExtendedAttributeName(known: "windlass.\(rawValue)") }
}

extension Node {
    /// The value of a `windlass.` attribute; nil where the object has none.
    func fact(_ name: ExtendedAttributeName) -> [UInt8]? {
        guard let fact = ObjectFact.allCases.first(where: { $0.name == name }) else { return nil }
        let text: String? =
            switch fact {
            case .etag: remote?.etag?.text
            case .contentType: contentType
            case .storageClass: storageClass
            case .versionID: version?.text
            case .appendPosition: appendPosition.map { String($0) }
            }
        return text.map { Array($0.utf8) }
    }

    /// EPERM for what only the store decides, EINVAL for a value that cannot be sent.
    mutating func setFact(_ name: ExtendedAttributeName, _ value: [UInt8]) throws(Errno) {
        guard name == ObjectFact.contentType.name else { throw .notPermitted }
        guard !value.isEmpty, value.count <= 255, value.allSatisfy({ (32..<127).contains($0) }) else { throw .invalidArgument }
        contentType = String(decoding: value, as: UTF8.self)
    }

    fileprivate mutating func setAccessList(_ value: [UInt8], by caller: Caller) throws(Errno) {
        // Whether the value is a list at all is told first; who may set one the kernel has checked.
        var checked = try protection.changed(accessListValue: value, by: .privileged)
        if let own = try? protection.changed(accessListValue: value, by: caller) { checked = own }
        protection = checked
    }
}
