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
        if name.namespace == .windlass, let value = try await serviceValue(name, of: inode) { return value }
        let node = try node(inode)
        try node.protection.checkReading(name, by: .privileged)
        let value = name.namespace == .windlass ? ObjectFact(name).flatMap { node.value(of: $0) } : node.extendedAttributes[name]
        guard let value else { throw Errno.noData }
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
        guard options.listsFacts else { return kept }
        return kept + ObjectFact.all.filter { node.value(of: $0) != nil }.map(\.name)
    }

    package func setExtendedAttribute(
        _ name: ExtendedAttributeName, of inode: Inode, to value: [UInt8], mode: ExtendedAttributeMode, for caller: Caller
    ) async throws(Errno) {
        try checkWritable()
        try checkKept(name)
        _ = try await attributes(of: inode, handle: nil)
        if name.namespace == .windlass, try await setService(name, of: inode, to: value) { return }
        let caller = caller.resolved
        try await change(inode) { (node) throws(Errno) in
            switch name.namespace {
            case .accessList: try node.setAccessList(value, by: caller)
            case .defaultAccessList: node.defaultAccessList = try node.protection.defaultAccessList(value: value, by: .privileged)
            case .windlass: try node.setFact(name, value, mode: mode)
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
        guard name.namespace != .windlass else {
            // Programs that make attributes equal take away what they were not told the other has.
            if ObjectFact(name) == nil, try await setService(name, of: inode, to: nil) { return }
            let before = try self.node(inode)
            var after = before
            try after.removeFact(name)
            guard after.headers != before.headers || after.contentType != before.contentType else { return }
            return try await change(inode) { (node) throws(Errno) in try node.removeFact(name) }
        }
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

extension Node {
    fileprivate mutating func setAccessList(_ value: [UInt8], by caller: Caller) throws(Errno) {
        // Whether the value is a list at all is told first; who may set one the kernel has checked.
        var checked = try protection.changed(accessListValue: value, by: .privileged)
        if let own = try? protection.changed(accessListValue: value, by: caller) { checked = own }
        protection = checked
    }
}
