package import FileSystemTypes

/// A POSIX access control list (acl(5)), always a valid one.
package struct AccessControlList: Hashable, Sendable {
    /// Whom an entry is about.
    package enum Subject: Hashable, Sendable {
        case owner
        case user(UInt32)
        case owningGroup
        case group(UInt32)
        /// The most that users, the owning group and groups are granted.
        case mask
        case other

        /// The order of the entries in a list.
        fileprivate var rank: Int {
            switch self {
            case .owner: 0
            case .user: 1
            case .owningGroup: 2
            case .group: 3
            case .mask: 4
            case .other: 5
            }
        }

        fileprivate var isNamed: Bool { rank == 1 || rank == 3 }

        fileprivate var isSomeone: Bool { self != .user(.max) && self != .group(.max) }
    }

    package struct Entry: Hashable, Sendable {
        package let subject: Subject
        package var access: AccessMask

        package init(_ subject: Subject, _ access: AccessMask) {
            self.subject = subject
            self.access = access
        }
    }

    /// In the order of `Subject`'s cases; owner, owning group and other once each.
    package private(set) var entries: [Entry]

    /// Nil unless the entries are valid: in order, owner, owning group and other once, the mask at most once and there if anyone is named,
    /// no one named by the number that is nobody's (acl_valid(3), as the kernel does it: it takes the same name twice).
    package init?(_ entries: [Entry]) {
        guard entries.allSatisfy({ AccessMask.all.isSuperset(of: $0.access) && $0.subject.isSomeone }) else { return nil }
        let ranks = entries.map(\.subject.rank)
        guard ranks == ranks.sorted() else { return nil }
        for rank in [0, 2, 5] where ranks.count(where: { $0 == rank }) != 1 { return nil }
        let masks = ranks.count { $0 == 4 }
        guard masks <= 1, masks == 1 || !entries.contains(where: \.subject.isNamed) else { return nil }
        self.entries = entries
    }

    /// What the nine permission bits of a mode say.
    package init(permissions: UInt16) {
        entries = [
            Entry(.owner, Self.bits(permissions, 6)), Entry(.owningGroup, Self.bits(permissions, 3)), Entry(.other, Self.bits(permissions, 0)),
        ]
    }

    /// The list says no more than the permission bits of a mode, and need not be kept.
    package var isMinimal: Bool { entries.count == 3 }

    /// The nine permission bits that stat(2) shows beside this list: the mask stands in the place of the group's (acl(5)).
    package var permissions: UInt16 {
        UInt16(self[.owner].rawValue) << 6 | UInt16(self[groupClass].rawValue) << 3 | UInt16(self[.other].rawValue)
    }

    /// The list after chmod(2): owner, other and the mask (the owning group without one) as the bits say.
    package func changed(to permissions: UInt16) -> AccessControlList {
        var result = self
        result[.owner] = Self.bits(permissions, 6)
        result[groupClass] = Self.bits(permissions, 3)
        result[.other] = Self.bits(permissions, 0)
        return result
    }

    /// What a new file gets from this default list of its folder: an access list, nil where the mode says it all, and the permissions
    /// (acl(5), OBJECT CREATION AND DEFAULT ACLs). The umask has no part in it.
    package func inherited(permissions: UInt16) -> (accessList: AccessControlList?, permissions: UInt16) {
        var list = self
        list[.owner].formIntersection(Self.bits(permissions, 6))
        list[groupClass].formIntersection(Self.bits(permissions, 3))
        list[.other].formIntersection(Self.bits(permissions, 0))
        return (list.isMinimal ? nil : list, permissions & ~0o777 | list.permissions)
    }

    /// Whether the list grants all of `wanted` (acl(5), ACCESS CHECK ALGORITHM; privileges are not looked at).
    package func grants(_ wanted: AccessMask, to caller: Caller, owner: UInt32, group: UInt32) -> Bool {
        if caller.userID == owner { return self[.owner].isSuperset(of: wanted) }
        let mask = self.mask ?? .all
        if let entry = entries.first(where: { $0.subject == .user(caller.userID) }) { return entry.access.intersection(mask).isSuperset(of: wanted) }
        if groupEntries([caller.groupID], group).contains(where: { $0.intersection(mask).isSuperset(of: wanted) }) { return true }
        let groups = groupEntries([caller.groupID] + caller.supplementaryGroups(), group)
        if !groups.isEmpty { return groups.contains { $0.intersection(mask).isSuperset(of: wanted) } }
        return self[.other].isSuperset(of: wanted)
    }

    package var mask: AccessMask? { entries.first { $0.subject == .mask }?.access }

    /// What the entries for any of `groups` grant.
    private func groupEntries(_ groups: [UInt32], _ owningGroup: UInt32) -> [AccessMask] {
        entries.compactMap { entry in
            switch entry.subject {
            case .owningGroup: groups.contains(owningGroup) ? entry.access : nil
            case .group(let named): groups.contains(named) ? entry.access : nil
            case .owner, .user, .mask, .other: nil
            }
        }
    }

    private var groupClass: Subject { mask == nil ? .owningGroup : .mask }

    private subscript(subject: Subject) -> AccessMask {
        get { entries.first { $0.subject == subject }?.access ?? [] }
        set {
            for index in entries.indices where entries[index].subject == subject { entries[index].access = newValue }
        }
    }

    private static func bits(_ permissions: UInt16, _ shift: UInt16) -> AccessMask {
        AccessMask(rawValue: Int32(permissions >> shift & 7))
    }
}
