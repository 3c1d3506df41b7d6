import FileSystemTypes
import PosixMetadata
import TestSupport
import Testing

@Suite struct AccessControlListTests {
    private let list = AccessControlList([
        .init(.owner, .all), .init(.user(7), [.read, .write]), .init(.owningGroup, [.read]), .init(.group(20), [.read, .execute]),
        .init(.mask, [.read, .execute]), .init(.other, []),
    ])

    /// linux/posix_acl_xattr.h: version 2, then tag, permissions and id, little-endian.
    @Test(.timeLimit(.minutes(1)))
    func theBinaryForm() throws {
        let bytes: [UInt8] = [
            2, 0, 0, 0, 1, 0, 7, 0, 255, 255, 255, 255, 2, 0, 6, 0, 7, 0, 0, 0, 4, 0, 4, 0, 255, 255, 255, 255, 8, 0, 5, 0, 20, 0, 0, 0,
            0x10, 0, 5, 0, 255, 255, 255, 255, 0x20, 0, 0, 0, 255, 255, 255, 255,
        ]
        #expect(try #require(list).encoded == bytes)
        #expect(try AccessControlList.decode(bytes) == list)
        #expect(try AccessControlList.decode([]) == nil)
        #expect(try AccessControlList.decode([2, 0, 0, 0]) == nil)
        #expect(throws: Errno.notSupported) { try AccessControlList.decode([1] + bytes.dropFirst()) }
        for count in 1..<bytes.count where count != 4 {
            #expect(throws: Errno.invalidArgument) { try AccessControlList.decode(Array(bytes.prefix(count))) }
        }
    }

    /// acl_valid(3)
    @Test(.timeLimit(.minutes(1)))
    func onlyValidLists() {
        #expect(AccessControlList([]) == nil)
        #expect(AccessControlList([.init(.owner, []), .init(.owningGroup, []), .init(.other, [])]) != nil)
        #expect(AccessControlList([.init(.owner, []), .init(.owner, []), .init(.owningGroup, []), .init(.other, [])]) == nil)
        #expect(AccessControlList([.init(.owningGroup, []), .init(.owner, []), .init(.other, [])]) == nil)
        #expect(AccessControlList([.init(.owner, []), .init(.user(1), []), .init(.owningGroup, []), .init(.other, [])]) == nil, "no mask")
        #expect(AccessControlList([.init(.owner, []), .init(.owningGroup, []), .init(.mask, []), .init(.mask, []), .init(.other, [])]) == nil)
    }

    /// acl(5), CORRESPONDENCE BETWEEN ACL ENTRIES AND FILE PERMISSION BITS
    @Test(.timeLimit(.minutes(1)))
    func permissionsFollowTheMask() throws {
        let list = try #require(list)
        #expect(list.permissions == 0o750)
        let changed = list.changed(to: 0o4674)
        #expect(changed.permissions == 0o674)
        #expect(changed.mask == .all)
        #expect(changed.entries[1].access == [.read, .write], "named entries stay")
        #expect(AccessControlList(permissions: 0o4754).permissions == 0o754)
        #expect(AccessControlList(permissions: 0o754).changed(to: 0o123) == AccessControlList(permissions: 0o123))
    }

    /// acl(5), OBJECT CREATION AND DEFAULT ACLs
    @Test(.timeLimit(.minutes(1)))
    func inheritance() throws {
        let (inherited, permissions) = try #require(list).inherited(permissions: 0o2666)
        #expect(permissions == 0o2640)
        #expect(inherited?.mask == [.read])
        let minimal = AccessControlList(permissions: 0o750).inherited(permissions: 0o666)
        #expect(minimal.accessList == nil)
        #expect(minimal.permissions == 0o640)
    }

    /// acl(5), ACCESS CHECK ALGORITHM: file of user 1 and group 10.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            (1, 99, [], 7, true), (7, 99, [], 4, true), (7, 99, [], 2, false), (7, 10, [20], 1, false), (8, 10, [], 4, true), (8, 10, [], 1, false),
            (8, 20, [], 5, true), (8, 10, [20], 5, true), (8, 99, [20], 1, true), (8, 99, [20], 2, false), (8, 99, [], 4, false),
            (8, 99, [], 0, true),
        ] as [(UInt32, UInt32, [UInt32], Int32, Bool)])
    func accessCheck(user: UInt32, group: UInt32, groups: [UInt32], wanted: Int32, granted: Bool) throws {
        let caller = Caller(userID: user, groupID: group, groups: groups)
        #expect(try #require(list).grants(AccessMask(rawValue: wanted), to: caller, owner: 1, group: 10) == granted)
    }
}
