package import FileSystemTypes

extension Caller {
    /// User 0 has every capability (capabilities(7)) that the rules here ask for: `CAP_CHOWN`, `CAP_DAC_OVERRIDE`, `CAP_FOWNER`,
    /// `CAP_FSETID`, `CAP_MKNOD`, `CAP_SYS_ADMIN`. Others have none: the kernel does not pass capabilities on.
    package var isPrivileged: Bool { userID == 0 }
}

extension AccessMask {
    package static let all: AccessMask = [.read, .write, .execute]
    /// What execute permission is to folders.
    package static let search = execute
}

/// What decides who may do what with a file: type, owner, permissions, access control list.
package struct Protection: Hashable, Sendable {
    package var kind: FileKind
    /// The low twelve bits of `st_mode`.
    package var permissions: UInt16
    package var userID: UInt32
    package var groupID: UInt32
    /// Nil where the permissions say it all.
    package var accessList: AccessControlList?

    package init(kind: FileKind, permissions: UInt16, userID: UInt32, groupID: UInt32, accessList: AccessControlList? = nil) {
        self.kind = kind
        self.permissions = permissions
        self.userID = userID
        self.groupID = groupID
        self.accessList = accessList
    }

    static let setUserID: UInt16 = 0o4000
    static let setGroupID: UInt16 = 0o2000
    static let sticky: UInt16 = 0o1000
    static let groupClass: UInt16 = 0o070
    static let groupExecute: UInt16 = 0o010
    static let anyExecute: UInt16 = 0o111

    /// Throws EACCES unless all of `wanted` is granted (path_resolution(7), acl(5)).
    ///
    /// The privileged read and write everything, search every folder, and execute what anyone may.
    package func check(_ wanted: AccessMask, by caller: Caller) throws(Errno) {
        guard grants(wanted, to: caller) else { throw .accessDenied }
    }

    package func grants(_ wanted: AccessMask, to caller: Caller) -> Bool {
        if caller.isPrivileged { return kind == .directory || !wanted.contains(.execute) || permissions & Self.anyExecute != 0 }
        // Linux asks the list only where the mode grants the group's class something, that is, where the mask is not empty.
        let isAsked = permissions & Self.groupClass != 0
        let list = isAsked ? accessList ?? AccessControlList(permissions: permissions) : AccessControlList(permissions: permissions)
        return list.grants(wanted, to: caller, owner: userID, group: groupID)
    }

    /// The owner or the privileged.
    func isControlled(by caller: Caller) -> Bool {
        caller.isPrivileged || caller.userID == userID
    }

    func checkControl(by caller: Caller) throws(Errno) {
        guard isControlled(by: caller) else { throw .notPermitted }
    }
}
