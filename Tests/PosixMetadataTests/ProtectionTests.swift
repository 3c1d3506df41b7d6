import FileSystemTypes
import PosixMetadata
import Testing

/// Named cases of what VerdictTests compares in bulk: owner 1, group 10, caller by user, group and further groups.
@Suite struct ProtectionTests {
    private let owner = Caller(userID: 1, groupID: 10)
    private let member = Caller(userID: 2, groupID: 20, groups: [10])
    private let stranger = Caller(userID: 3, groupID: 30)
    private let root = Caller(userID: 0, groupID: 0)

    private func file(_ permissions: UInt16, _ kind: FileKind = .regular) -> Protection {
        Protection(kind: kind, permissions: permissions, userID: 1, groupID: 10)
    }

    /// path_resolution(7): the class decides alone, also when it grants less than a later one.
    @Test(.timeLimit(.minutes(1)))
    func theFirstClassThatFitsDecides() {
        #expect(!file(0o077).grants(.read, to: owner))
        #expect(!file(0o707).grants(.read, to: member))
        #expect(file(0o770).grants(.read, to: member))
        #expect(!file(0o770).grants(.read, to: stranger))
        #expect(file(0o004).grants(.read, to: stranger))
        #expect(throws: Errno.accessDenied) { try file(0o600).check(.read, by: stranger) }
    }

    /// capabilities(7), CAP_DAC_OVERRIDE
    @Test(.timeLimit(.minutes(1)))
    func rootExecutesWhatAnyoneMay() {
        #expect(file(0).grants([.read, .write], to: root))
        #expect(!file(0o666).grants(.execute, to: root))
        #expect(file(0o001).grants(.execute, to: root))
        #expect(file(0, .directory).grants(.all, to: root))
    }

    /// chmod(2)
    @Test(.timeLimit(.minutes(1)))
    func chmod() throws {
        #expect(try file(0o600).changed(permissions: 0o2755, by: owner).permissions == 0o2755)
        #expect(throws: Errno.notPermitted) { try file(0o777).changed(permissions: 0o777, by: member) }
        let elsewhere = Caller(userID: 1, groupID: 99)
        #expect(try file(0o600).changed(permissions: 0o6755, by: elsewhere).permissions == 0o4755)
        #expect(try file(0o600).changed(permissions: 0o6755, by: root).permissions == 0o6755)
    }

    /// chown(2)
    @Test(.timeLimit(.minutes(1)))
    func chown() throws {
        #expect(try file(0o6755).changed(userID: 5, groupID: 6, by: root) == Protection(kind: .regular, permissions: 0o755, userID: 5, groupID: 6))
        #expect(try file(0o6755, .directory).changed(userID: 5, groupID: nil, by: root).permissions == 0o6755)
        #expect(throws: Errno.notPermitted) { try file(0o755).changed(userID: 5, groupID: nil, by: owner) }
        #expect(throws: Errno.notPermitted) { try file(0o755).changed(userID: nil, groupID: 99, by: owner) }
        #expect(throws: Errno.notPermitted) { try file(0o755).changed(userID: nil, groupID: 10, by: member) }
        let inBoth = Caller(userID: 1, groupID: 10, groups: [99])
        #expect(try file(0o2745).changed(userID: 1, groupID: 99, by: inBoth).permissions == 0o2745, "not executable by the group")
        #expect(try file(0o755).changed(userID: nil, groupID: nil, by: stranger) == file(0o755))
    }

    /// write(2)
    @Test(.timeLimit(.minutes(1)))
    func writingDropsSetIDs() {
        #expect(file(0o6777).permissionsAfterWrite(by: stranger) == 0o777)
        #expect(file(0o6777).permissionsAfterWrite(by: owner) == 0o777)
        #expect(file(0o6777).permissionsAfterWrite(by: root) == 0o6777)
        #expect(file(0o2767).permissionsAfterWrite(by: member) == 0o2767)
    }

    /// utimensat(2)
    @Test(.timeLimit(.minutes(1)))
    func times() {
        let time = AttributeChange.Time.at(Timestamp(seconds: 0))
        #expect(throws: Never.self) { try file(0).checkTimes(accessed: time, modified: nil, by: owner) }
        #expect(throws: Errno.notPermitted) { try file(0o777).checkTimes(accessed: time, modified: .now, by: stranger) }
        #expect(throws: Errno.notPermitted) { try file(0o777).checkTimes(accessed: .now, modified: nil, by: stranger) }
        #expect(throws: Never.self) { try file(0o002).checkTimes(accessed: .now, modified: .now, by: stranger) }
        #expect(throws: Errno.accessDenied) { try file(0o774).checkTimes(accessed: .now, modified: .now, by: stranger) }
        #expect(throws: Never.self) { try file(0).checkTimes(accessed: nil, modified: nil, by: stranger) }
    }

    /// unlink(2), rename(2), and the sticky bit of inode(7)
    @Test(.timeLimit(.minutes(1)))
    func stickyFolders() {
        let folder = file(0o1777, .directory)
        let foreign = Protection(kind: .regular, permissions: 0o666, userID: 3, groupID: 30)
        #expect(throws: Never.self) { try folder.checkRemoving(foreign, by: owner) }
        #expect(throws: Never.self) { try folder.checkRemoving(foreign, by: stranger) }
        #expect(throws: Never.self) { try folder.checkRemoving(foreign, by: root) }
        #expect(throws: Errno.notPermitted) { try folder.checkRemoving(foreign, by: member) }
        #expect(throws: Errno.accessDenied) { try file(0o1555, .directory).checkRemoving(foreign, by: stranger) }
        #expect(throws: Errno.notPermitted) {
            try file(0o777, .directory).checkMoving(foreign, to: folder, isSame: false, replacing: file(0), by: member)
        }
        #expect(throws: Errno.accessDenied) {
            try file(0o777, .directory).checkMoving(file(0o555, .directory), to: file(0o777, .directory), isSame: false, replacing: nil, by: stranger)
        }
        #expect(throws: Never.self) {
            try file(0o777, .directory).checkMoving(file(0o555, .directory), to: file(0o777, .directory), isSame: true, replacing: nil, by: stranger)
        }
    }

    /// open(2), mkdir(2), mknod(2), umask(2), inode(7)
    @Test(.timeLimit(.minutes(1)))
    func newFiles() {
        let plain = file(0o777, .directory).newFile(.regular, permissions: 0o666, umask: 0o022, defaultAccessList: nil, by: stranger)
        #expect(plain == NewFile(protection: Protection(kind: .regular, permissions: 0o644, userID: 3, groupID: 30), defaultAccessList: nil))
        let shared = file(0o2777, .directory)
        #expect(shared.newFile(.regular, permissions: 0o666, umask: 0, defaultAccessList: nil, by: stranger).protection.groupID == 10)
        #expect(shared.newFile(.directory, permissions: 0o4777, umask: 0, defaultAccessList: nil, by: stranger).protection.permissions == 0o2777)
        #expect(shared.newFile(.regular, permissions: 0o2770, umask: 0, defaultAccessList: nil, by: stranger).protection.permissions == 0o770)
        #expect(shared.newFile(.regular, permissions: 0o2770, umask: 0, defaultAccessList: nil, by: member).protection.permissions == 0o2770)
        #expect(shared.newFile(.symbolicLink, permissions: 0, umask: 0o777, defaultAccessList: nil, by: member).protection.permissions == 0o777)
        #expect(throws: Errno.notPermitted) { try shared.checkAdding(.blockDevice, by: stranger) }
        #expect(throws: Errno.accessDenied) { try file(0o755, .directory).checkAdding(.regular, by: stranger) }
    }

    /// xattr(7)
    @Test(.timeLimit(.minutes(1)))
    func extendedAttributes() {
        #expect(throws: Errno.notPermitted) { try file(0o777, .fifo).checkWriting(name("user.a"), by: owner) }
        #expect(throws: Errno.notPermitted) { try file(0o1777, .directory).checkWriting(name("user.a"), by: stranger) }
        #expect(throws: Errno.accessDenied) { try file(0o444).checkWriting(name("user.a"), by: owner) }
        #expect(throws: Errno.accessDenied) { try file(0o222).checkReading(name("user.a"), by: owner) }
        #expect(throws: Errno.noData) { try file(0o777, .symbolicLink).checkReading(name("user.a"), by: owner) }
        #expect(throws: Errno.notPermitted) { try file(0o777).checkWriting(name("trusted.a"), by: owner) }
        #expect(throws: Errno.noData) { try file(0o777).checkReading(name("trusted.a"), by: owner) }
        #expect(throws: Errno.notSupported) { try file(0o777).checkReading(name("security.capability"), by: root) }
        #expect(throws: Errno.notPermitted) { try file(0o777).checkWriting(name("system.posix_acl_access"), by: stranger) }
        #expect(throws: Never.self) { try file(0).checkReading(name("windlass.etag"), by: stranger) }
    }

    /// mount(8), relatime
    @Test(.timeLimit(.minutes(1)))
    func accessTimes() {
        func time(_ seconds: Int64) -> Timestamp { Timestamp(seconds: seconds) }
        func isDue(_ accessed: Int64, _ modified: Int64, _ changed: Int64, now: Int64) -> Bool {
            AccessTimePolicy.relatime.isDue(accessed: time(accessed), modified: time(modified), changed: time(changed), now: time(now))
        }
        #expect(isDue(10, 10, 5, now: 11))
        #expect(isDue(10, 5, 11, now: 12))
        #expect(!isDue(10, 5, 5, now: 10 + 86_399))
        #expect(isDue(10, 5, 5, now: 10 + 86_400))
        #expect(!AccessTimePolicy.off.isDue(accessed: time(0), modified: time(9), changed: time(9), now: time(10)))
    }

    /// POSIX.1-2017, "shall mark for update" of each function.
    @Test(.timeLimit(.minutes(1)))
    func timesOfOperations() {
        #expect(TimedOperation.read.file == .accessed)
        #expect(TimedOperation.write.file == [.modified, .changed])
        #expect(TimedOperation.changePermissions.file == .changed)
        #expect(TimedOperation.create.folder == [.modified, .changed])
        for operation in TimedOperation.allCases where ![.create, .remove, .rename].contains(operation) { #expect(operation.folder.isEmpty) }
    }
}
