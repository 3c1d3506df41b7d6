package import FileSystemTypes

// Who may see and set extended attributes (xattr(7)).
extension Protection {
    /// Throws ENODATA for what the caller is not to know of, EACCES without read permission, ENOTSUP for names that are not kept.
    package func checkReading(_ name: ExtendedAttributeName, by caller: Caller) throws(Errno) {
        switch name.namespace {
        case .user:
            guard keepsUserAttributes else { throw .noData }
            try check(.read, by: caller)
        case .trusted: guard caller.isPrivileged else { throw .noData }
        case .accessList, .defaultAccessList: guard kind != .symbolicLink else { throw .notSupported }
        case .windlass: return
        case .other: throw .notSupported
        }
    }

    /// Setting and removing. `user.*`: EPERM on anything but files and folders, and in sticky folders for all but their owners; EACCES without
    /// write permission. `trusted.*`: EPERM for others than the privileged. Access control lists have their own functions.
    package func checkWriting(_ name: ExtendedAttributeName, by caller: Caller) throws(Errno) {
        switch name.namespace {
        case .user:
            guard keepsUserAttributes else { throw .notPermitted }
            let isSticky = kind == .directory && permissions & Self.sticky != 0
            guard !isSticky || isControlled(by: caller) else { throw .notPermitted }
            try check(.write, by: caller)
        case .trusted: guard caller.isPrivileged else { throw .notPermitted }
        case .accessList, .defaultAccessList:
            guard kind != .symbolicLink else { throw .notSupported }
            try checkControl(by: caller)
        case .windlass: try check(.write, by: caller)
        case .other: throw .notSupported
        }
    }

    private var keepsUserAttributes: Bool { kind == .regular || kind == .directory }
}
