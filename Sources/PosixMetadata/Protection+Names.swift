package import FileSystemTypes

/// A file about to be made.
package struct NewFile: Hashable, Sendable {
    package var protection: Protection
    /// What a new folder passes on to what is made in it.
    package var defaultAccessList: AccessControlList?

    package init(protection: Protection, defaultAccessList: AccessControlList?) {
        self.protection = protection
        self.defaultAccessList = defaultAccessList
    }
}

// Who may add, remove and move names; `self` is the folder that the name is in.
extension Protection {
    /// open(2) with `O_CREAT`, mkdir(2), symlink(2), mknod(2): EACCES without write and search permission, EPERM for device nodes by others
    /// than the privileged.
    package func checkAdding(_ kind: FileKind, by caller: Caller) throws(Errno) {
        try check([.write, .search], by: caller)
        let isDevice = kind == .characterDevice || kind == .blockDevice
        guard !isDevice || caller.isPrivileged else { throw .notPermitted }
    }

    /// unlink(2), rmdir(2): EACCES without write and search permission; EPERM in a sticky folder that neither it nor the file is the caller's.
    package func checkRemoving(_ file: Protection, by caller: Caller) throws(Errno) {
        try check([.write, .search], by: caller)
        guard permissions & Self.sticky == 0 || isControlled(by: caller) || file.isControlled(by: caller) else { throw .notPermitted }
    }

    /// rename(2) from this folder to `destination`; `isSame` when they are one folder. A folder that moves to another one must be
    /// writable itself, because its `..` changes.
    package func checkMoving(
        _ file: Protection, to destination: Protection, isSame: Bool, replacing target: Protection?, by caller: Caller
    ) throws(Errno) {
        // Both names are looked up before anything is decided.
        try check(.search, by: caller)
        try destination.check(.search, by: caller)
        try checkRemoving(file, by: caller)
        if let target {
            try destination.checkRemoving(target, by: caller)
        } else {
            try destination.check([.write, .search], by: caller)
        }
        if file.kind == .directory, !isSame { try file.check(.write, by: caller) }
    }

    /// What a file made in this folder is like (open(2), mkdir(2), inode(7)).
    ///
    /// A folder with the set-group-ID bit gives its group, and to folders the bit as well. A default list decides on the permissions in the
    /// place of the umask.
    package func newFile(
        _ kind: FileKind, permissions wanted: UInt16, umask: UInt16, defaultAccessList: AccessControlList?, by caller: Caller
    ) -> NewFile {
        let inheritsGroup = permissions & Self.setGroupID != 0
        let group = inheritsGroup ? groupID : caller.groupID
        guard kind != .symbolicLink else {
            return NewFile(protection: Protection(kind: kind, permissions: 0o777, userID: caller.userID, groupID: group), defaultAccessList: nil)
        }
        var bits = wanted & (kind == .directory ? 0o1777 : 0o7777)
        if kind == .directory {
            if inheritsGroup { bits |= Self.setGroupID }
        } else if inheritsGroup, bits & Self.groupExecute != 0, !caller.isPrivileged, !caller.isMember(of: group) {
            bits &= ~Self.setGroupID
        }
        var list: AccessControlList?
        if let defaultAccessList {
            (list, bits) = defaultAccessList.inherited(permissions: bits)
        } else {
            bits &= ~(umask & 0o777)
        }
        let protection = Protection(kind: kind, permissions: bits, userID: caller.userID, groupID: group, accessList: list)
        return NewFile(protection: protection, defaultAccessList: kind == .directory ? defaultAccessList : nil)
    }
}
