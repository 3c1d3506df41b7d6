internal import FileSystemTypes
internal import PosixMetadata

/// Who may do what with a file, and how that changes.
///
/// The kernel has checked every call before it comes here (`default_permissions`): what is left are the consequences.
extension Node {
    var protection: Protection {
        get {
            Protection(
                kind: kind, permissions: attributes.permissions, userID: attributes.userID, groupID: attributes.groupID,
                accessList: list(.accessList))
        }
        set {
            let old = list(.accessList)
            attributes.permissions = newValue.permissions
            attributes.userID = newValue.userID
            attributes.groupID = newValue.groupID
            if newValue.accessList != old { setList(.accessList, newValue.accessList) }
        }
    }

    /// What a folder passes on to what is made in it.
    var defaultAccessList: AccessControlList? {
        get { list(.defaultAccessList) }
        set { setList(.defaultAccessList, newValue) }
    }

    /// Everything that one setattr changes but the size, and what follows from it.
    mutating func apply(_ change: AttributeChange, by caller: Caller) {
        if change.userID != nil || change.groupID != nil {
            protect(caller) { (protection, caller) throws(Errno) in
                try protection.changed(userID: change.userID, groupID: change.groupID, by: caller)
            }
        }
        if kind != .symbolicLink, let permissions = change.permissions {
            protect(caller) { (protection, caller) throws(Errno) in try protection.changed(permissions: permissions, by: caller) }
        }
        if change.isEmpty || change.size != nil && !caller.isPrivileged {
            // Asked by the kernel for a caller that may not keep them, whoever that is.
            let writer = caller.isPrivileged ? Caller(userID: .max, groupID: attributes.groupID, processID: 0) : caller
            attributes.permissions = protection.permissionsAfterWrite(by: writer)
        }
        if let time = change.modified { attributes.modified = time.timestamp }
        if let time = change.accessed { attributes.accessed = time.timestamp }
        if change.modified != nil { touched = nil }
    }

    /// What the caller may not do the kernel has refused, so it has a capability that is not seen here.
    private mutating func protect(_ caller: Caller, _ change: (Protection, Caller) throws(Errno) -> Protection) {
        do throws(Errno) {
            protection = try change(protection, caller)
        } catch {
            protection = (try? change(protection, .privileged)) ?? protection
        }
    }

    private func list(_ name: ExtendedAttributeName) -> AccessControlList? {
        guard let value = extendedAttributes[name] else { return nil }
        return (try? AccessControlList.decode(value)) ?? nil
    }

    /// Where others of the attributes are damaged none is changed, or they would be lost.
    private mutating func setList(_ name: ExtendedAttributeName, _ list: AccessControlList?) {
        if let list {
            try? extendedAttributes.set(name, to: list.encoded)
        } else {
            try? extendedAttributes.remove(name)
        }
    }
}

extension Caller {
    static let privileged = Caller(userID: 0, groupID: 0, processID: 0)

    /// With its groups looked up now: not with a lock held.
    var resolved: Caller {
        guard !isPrivileged else { return self }
        let groups = supplementaryGroups()
        return Caller(userID: userID, groupID: groupID, processID: processID, umask: umask) { _ in groups }
    }
}

extension ExtendedAttributeName {
    static let accessList = ExtendedAttributeName(known: "system.posix_acl_access")
    static let defaultAccessList = ExtendedAttributeName(known: "system.posix_acl_default")

    static let user = ExtendedAttributeName(known: "user.")
    static let trusted = ExtendedAttributeName(known: "trusted.")

    init(known text: String) {
        guard let name = ExtendedAttributeName(text) else { preconditionFailure("\(text) is the name of an attribute") }
        self = name
    }
}

extension AttributeChange.Time {
    var timestamp: Timestamp {
        switch self {
        case .now: .now
        case .at(let time): time
        }
    }
}
