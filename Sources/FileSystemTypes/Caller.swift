/// Who makes a call.
package struct Caller: Sendable {
    /// Finds the supplementary groups of a process or thread by its number; empty when it is gone.
    package typealias GroupLookup = @Sendable (_ processID: Int32) -> [UInt32]

    package let userID: UInt32
    package let groupID: UInt32
    /// 0 where the kernel itself is the caller (write-back of mapped pages), or a process that this one cannot see.
    package let processID: Int32
    /// umask(2), in calls that create a name (`create`, `makeDirectory`, `makeNode`), else 0.
    ///
    /// `permissions` of these calls have it applied, unless the mount leaves that to the file system: then this is for the
    /// directories that have no default ACL (acl(5)).
    package let umask: UInt16
    private let groupLookup: GroupLookup?

    package init(userID: UInt32, groupID: UInt32, processID: Int32, umask: UInt16 = 0, groupLookup: GroupLookup? = nil) {
        self.userID = userID
        self.groupID = groupID
        self.processID = processID
        self.umask = umask
        self.groupLookup = groupLookup
    }

    /// The groups besides `groupID` (getgroups(2)), in no order.
    ///
    /// Slow, the kernel is asked each time, and right only until the call is answered: the caller waits until then.
    package func supplementaryGroups() -> [UInt32] {
        guard processID > 0, let groupLookup else { return [] }
        return groupLookup(processID)
    }

    /// Looks at the supplementary groups only when it has to.
    package func isMember(of group: UInt32) -> Bool {
        group == groupID || supplementaryGroups().contains(group)
    }
}

extension Caller: Hashable {
    /// How groups are looked up tells nothing about the caller.
    package static func == (left: Caller, right: Caller) -> Bool {
        left.userID == right.userID && left.groupID == right.groupID && left.processID == right.processID && left.umask == right.umask
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(userID)
        hasher.combine(groupID)
        hasher.combine(processID)
        hasher.combine(umask)
    }
}
