/// Who asks: the identity that the kernel gives with each request.
package struct Caller: Hashable, Sendable {
    package let userID: UInt32
    package let groupID: UInt32
    /// Beside `groupID` (getgroups(2)).
    package let supplementaryGroups: Set<UInt32>

    package init(userID: UInt32, groupID: UInt32, supplementaryGroups: Set<UInt32> = []) {
        self.userID = userID
        self.groupID = groupID
        self.supplementaryGroups = supplementaryGroups
    }

    /// User 0 has every capability (capabilities(7)) that the rules here ask for: `CAP_CHOWN`, `CAP_DAC_OVERRIDE`, `CAP_FOWNER`,
    /// `CAP_FSETID`, `CAP_MKNOD`, `CAP_SYS_ADMIN`. Others have none.
    package var isPrivileged: Bool { userID == 0 }

    package func isMember(of group: UInt32) -> Bool {
        group == groupID || supplementaryGroups.contains(group)
    }
}

/// What one asks for, or is granted: the three bits of a permission class.
package struct AccessBits: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let execute = AccessBits(rawValue: 1)
    package static let write = AccessBits(rawValue: 2)
    package static let read = AccessBits(rawValue: 4)
    package static let all: AccessBits = [.read, .write, .execute]

    /// The search permission of folders.
    package static let search = execute
}
