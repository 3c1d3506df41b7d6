package import FileSystemTypes

// Who may change a file's attributes, and what else that changes. Each function gives the protection afterwards.
extension Protection {
    /// chmod(2): the owner and the privileged, others get EPERM. The set-group-ID bit is dropped for those who are not in the group.
    package func changed(permissions: UInt16, by caller: Caller) throws(Errno) -> Protection {
        try checkControl(by: caller)
        var result = self
        result.permissions = permissions & 0o7777
        if !caller.isPrivileged, !caller.isMember(of: groupID) { result.permissions &= ~Self.setGroupID }
        result.accessList = accessList?.changed(to: permissions)
        return result
    }

    /// chown(2): the privileged anything; the owner the group, to one that the caller is in. Others get EPERM.
    ///
    /// Set-ID bits of anything but folders are dropped, also for the privileged, as Linux does (chown(2), NOTES).
    package func changed(userID: UInt32?, groupID: UInt32?, by caller: Caller) throws(Errno) -> Protection {
        if let userID, !caller.isPrivileged, userID != self.userID || caller.userID != self.userID { throw .notPermitted }
        if let groupID, !caller.isPrivileged { try checkGroupChange(to: groupID, by: caller) }
        var result = self
        if kind != .directory { result.permissions = withoutSetIDs(by: caller) }
        if result.permissions != permissions { try checkControl(by: caller) }
        result.userID = userID ?? self.userID
        result.groupID = groupID ?? self.groupID
        return result
    }

    private func checkGroupChange(to groupID: UInt32, by caller: Caller) throws(Errno) {
        guard caller.userID == userID, groupID == self.groupID || caller.isMember(of: groupID) else { throw .notPermitted }
    }

    /// The permissions after a write, a truncation or the like: set-ID bits are dropped for all but the privileged (write(2), truncate(2)).
    package func permissionsAfterWrite(by caller: Caller) -> UInt16 {
        caller.isPrivileged || kind == .directory ? permissions : withoutSetIDs(by: caller)
    }

    /// The set-group-ID bit without the group's execute bit was for mandatory locking and stays, for those who are in the group.
    private func withoutSetIDs(by caller: Caller) -> UInt16 {
        let isInGroup = caller.isPrivileged || caller.isMember(of: groupID)
        let dropsGroup = permissions & Self.groupExecute != 0 || !isInGroup
        return permissions & ~Self.setUserID & (dropsGroup ? ~Self.setGroupID : UInt16.max)
    }

    /// utimensat(2): the owner and the privileged set any times, EPERM for others; who may write may set both to now, EACCES for others.
    package func checkTimes(accessed: AttributeChange.Time?, modified: AttributeChange.Time?, by caller: Caller) throws(Errno) {
        if accessed == nil, modified == nil { return }
        if isControlled(by: caller) { return }
        guard accessed == .now, modified == .now else { throw .notPermitted }
        try check(.write, by: caller)
    }

    /// Setting `system.posix_acl_access` to a value, or removing it (no bytes). ENOTSUP for symbolic links, EPERM for all but the owner and the
    /// privileged, EINVAL for what is no valid list.
    ///
    /// The permissions follow the list, and a list that says no more than they do is not kept.
    package func changed(accessListValue value: [UInt8], by caller: Caller) throws(Errno) -> Protection {
        let entries = try AccessControlList.entries(value)
        guard kind != .symbolicLink else { throw .notSupported }
        try checkControl(by: caller)
        var result = self
        result.accessList = nil
        guard !entries.isEmpty else { return result }
        let list = try AccessControlList.valid(entries)
        if !list.isMinimal { result.accessList = list }
        result.permissions = permissions & ~0o777 | list.permissions
        if !caller.isPrivileged, !caller.isMember(of: groupID) { result.permissions &= ~Self.setGroupID }
        return result
    }

    /// The list to be kept when `system.posix_acl_default` is set to a value; nil to keep none. Errors as with the access list; EACCES for
    /// anything but folders, from which no list can be removed either, but without an error.
    package func defaultAccessList(value: [UInt8], by caller: Caller) throws(Errno) -> AccessControlList? {
        let entries = try AccessControlList.entries(value)
        guard kind != .symbolicLink else { throw .notSupported }
        guard kind == .directory || entries.isEmpty else { throw .accessDenied }
        guard kind == .directory else { return nil }
        try checkControl(by: caller)
        return entries.isEmpty ? nil : try AccessControlList.valid(entries)
    }
}
