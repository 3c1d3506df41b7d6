import FileSystemTypes
import PosixMetadata
import Testing

/// What one tool writes, and what is read from it.
struct ToolForm: Sendable, CustomTestStringConvertible {
    let tool: String
    let metadata: [String: String]
    var isFolder = false
    var size: Int64 = 10
    let kind: FileKind
    var permissions: UInt16?
    var user: UInt32?
    var group: UInt32?
    var modified: Timestamp?
    var accessed: Timestamp?
    var changed: Timestamp?
    var target: String?

    var testDescription: String { tool }

    static let all = [
        ToolForm(
            tool: "s3fs, file",
            metadata: [
                "mode": "33188", "uid": "1000", "gid": "100", "mtime": "1700000000.123456789", "ctime": "1700000001.000000002",
                "atime": "1700000002",
            ],
            kind: .regular, permissions: 0o644, user: 1000, group: 100, modified: Timestamp(seconds: 1_700_000_000, nanoseconds: 123_456_789),
            accessed: Timestamp(seconds: 1_700_000_002), changed: Timestamp(seconds: 1_700_000_001, nanoseconds: 2)),
        ToolForm(
            tool: "s3fs, folder", metadata: ["mode": "16877", "uid": "0", "gid": "0"], isFolder: true, size: 0, kind: .directory, permissions: 0o755,
            user: 0, group: 0),
        ToolForm(tool: "s3fs, symbolic link", metadata: ["mode": "41471"], size: 7, kind: .symbolicLink, permissions: 0o777),
        ToolForm(tool: "s3fs, FIFO", metadata: ["mode": "4516"], size: 0, kind: .fifo, permissions: 0o644),
        ToolForm(tool: "s3fs, socket", metadata: ["mode": "49645"], size: 0, kind: .socket, permissions: 0o755),
        ToolForm(tool: "s3fs, set-user-ID", metadata: ["mode": "35309"], kind: .regular, permissions: 0o4755),
        ToolForm(
            tool: "ossfs 1, cosfs", metadata: ["mode": "33152", "uid": "501", "gid": "20", "mtime": "1600000000"], kind: .regular, permissions: 0o600,
            user: 501, group: 20, modified: Timestamp(seconds: 1_600_000_000)),
        ToolForm(
            tool: "obsfs, file system", metadata: ["mode": "33206", "uid": "0", "gid": "0", "mtime": "1600000001"], kind: .regular,
            permissions: 0o666, user: 0, group: 0, modified: Timestamp(seconds: 1_600_000_001)),
        ToolForm(
            tool: "obsfs, object bucket, symbolic link", metadata: ["mode": "41471", "symlink-target": "../to/file"], size: 0, kind: .symbolicLink,
            permissions: 0o777, target: "../to/file"),
        ToolForm(
            tool: "Resilio", metadata: ["mode": "33261", "uid": "1", "gid": "2", "mtime": "1500000000", "ctime": "1500000001"], kind: .regular,
            permissions: 0o755, user: 1, group: 2, modified: Timestamp(seconds: 1_500_000_000), changed: Timestamp(seconds: 1_500_000_001)),
        ToolForm(
            tool: "GeeseFS, file", metadata: ["mode": "33188", "uid": "5", "gid": "6", "mtime": "1600000000"], kind: .regular, permissions: 0o644,
            user: 5, group: 6, modified: Timestamp(seconds: 1_600_000_000)),
        ToolForm(
            tool: "GeeseFS, symbolic link", metadata: ["--symlink-target": "a%0Ab%25"], size: 0, kind: .symbolicLink, target: "a\nb%"),
        ToolForm(
            tool: "rclone", metadata: ["mtime": "1700000000.5"], kind: .regular,
            modified: Timestamp(seconds: 1_700_000_000, nanoseconds: 500_000_000)),
        ToolForm(
            tool: "rclone --metadata",
            metadata: [
                "mode": "100644", "uid": "1000", "gid": "1000", "mtime": "1700000000.123456789", "atime": "2023-11-14T23:13:21.5+01:00",
                "btime": "2023-11-14T22:13:20Z",
            ],
            kind: .regular, permissions: 0o644, user: 1000, group: 1000,
            modified: Timestamp(seconds: 1_700_000_000, nanoseconds: 123_456_789),
            accessed: Timestamp(seconds: 1_700_000_001, nanoseconds: 500_000_000)),
        ToolForm(tool: "rclone --metadata, folder", metadata: ["mode": "40755"], isFolder: true, size: 0, kind: .directory, permissions: 0o755),
        ToolForm(
            tool: "rclone --metadata, sticky folder", metadata: ["mode": "41777"], isFolder: true, size: 0, kind: .directory, permissions: 0o1777),
        ToolForm(
            tool: "FSx for Lustre, File Cache",
            metadata: [
                "user-agent": "aws-fsx-lustre", "file-atime": "1595002920000000000ns", "file-owner": "500", "file-permissions": "0100664",
                "file-group": "501", "file-mtime": "1595002921000000001ns",
            ],
            kind: .regular, permissions: 0o664, user: 500, group: 501, modified: Timestamp(seconds: 1_595_002_921, nanoseconds: 1),
            accessed: Timestamp(seconds: 1_595_002_920)),
        ToolForm(tool: "FSx, folder", metadata: ["file-permissions": "0040750"], isFolder: true, size: 0, kind: .directory, permissions: 0o750),
        ToolForm(tool: "FSx, symbolic link", metadata: ["file-permissions": "0120777"], size: 3, kind: .symbolicLink, permissions: 0o777),
        ToolForm(
            tool: "S3 Files, DataSync, Storage Gateway",
            metadata: ["file-permissions": "0644", "file-owner": "65534", "file-group": "65534", "file-mtime": "1595002920123"], kind: .regular,
            permissions: 0o644, user: 65_534, group: 65_534, modified: Timestamp(seconds: 1_595_002_920, nanoseconds: 123_000_000)),
        ToolForm(
            tool: "gcsfuse", metadata: ["gcsfuse_mtime": "2023-11-14T22:13:20.123456789Z"], kind: .regular,
            modified: Timestamp(seconds: 1_700_000_000, nanoseconds: 123_456_789)),
        ToolForm(tool: "gcsfuse, symbolic link", metadata: ["goog-reserved-file-is-symlink": "true"], size: 4, kind: .symbolicLink),
        ToolForm(
            tool: "gcsfuse before 2024, symbolic link", metadata: ["gcsfuse_symlink_target": "x/y"], size: 0, kind: .symbolicLink, target: "x/y"),
        ToolForm(
            tool: "gsutil, gcloud",
            metadata: [
                "goog-reserved-posix-mode": "644", "goog-reserved-posix-uid": "7", "goog-reserved-posix-gid": "8",
                "goog-reserved-file-mtime": "1600000002", "goog-reserved-file-atime": "1600000003",
            ],
            kind: .regular, permissions: 0o644, user: 7, group: 8, modified: Timestamp(seconds: 1_600_000_002),
            accessed: Timestamp(seconds: 1_600_000_003)),
        ToolForm(tool: "blobfuse2, folder", metadata: ["hdi_isfolder": "true"], isFolder: true, size: 0, kind: .directory),
        ToolForm(tool: "blobfuse2, symbolic link", metadata: ["is_symlink": "true"], size: 9, kind: .symbolicLink),
        ToolForm(
            tool: "s3sync", metadata: ["permissions": "420", "owner": "3", "group": "4"], kind: .regular, permissions: 0o644, user: 3, group: 4),
        ToolForm(
            tool: "s3cmd",
            metadata: [
                "s3cmd-attrs": "atime:1600000003/ctime:1600000002/gid:9/gname:staff/md5:0cc175b9c0f1b6a8/mode:33152/mtime:1600000001/uid:8/uname:me"
            ],
            kind: .regular, permissions: 0o600, user: 8, group: 9, modified: Timestamp(seconds: 1_600_000_001),
            accessed: Timestamp(seconds: 1_600_000_003), changed: Timestamp(seconds: 1_600_000_002)),
        ToolForm(tool: "Mountpoint, ossfs 2, the vendors' consoles", metadata: [:], kind: .regular),
        ToolForm(tool: "nonsense", metadata: ["mode": "rwx", "uid": "-1", "gid": "4294967295", "mtime": "yesterday", "rdev": "+"], kind: .regular),
    ]
}

@Suite struct StoredMetadataTests {
    @Test(.timeLimit(.minutes(1)), arguments: ToolForm.all)
    func isRead(_ form: ToolForm) {
        let stored = StoredMetadata(form.metadata, isFolder: form.isFolder)
        #expect(stored.kind(isFolder: form.isFolder, size: form.size) == form.kind)
        #expect(stored.permissions == form.permissions)
        #expect(stored.userID == form.user)
        #expect(stored.groupID == form.group)
        #expect(stored.modified == form.modified)
        #expect(stored.accessed == form.accessed)
        #expect(stored.changed == form.changed)
        if let target = form.target {
            #expect(stored.linkTarget == .inline(Array(target.utf8)))
        } else {
            #expect(stored.linkTarget == (form.kind == .symbolicLink ? .content : nil))
        }
    }

    /// Whatever a tool wrote, what is written over it says the new values, in its own names as well.
    @Test(.timeLimit(.minutes(1)), arguments: ToolForm.all)
    func isWrittenOver(_ form: ToolForm) {
        var stored = StoredMetadata(form.metadata, isFolder: form.isFolder)
        stored.permissions = 0o2751
        stored.userID = 77
        stored.groupID = 78
        stored.modified = Timestamp(seconds: 1_800_000_000)
        stored.accessed = Timestamp(seconds: 1_800_000_001)
        stored.changed = Timestamp(seconds: 1_800_000_002)
        let written = stored.written(over: form.metadata, kind: form.kind)
        for (name, value) in written where ["mode", "uid", "gid", "mtime", "atime", "ctime"].contains(name) { #expect(value != form.metadata[name]) }
        let again = StoredMetadata(written, isFolder: form.isFolder)
        #expect(again.permissions == 0o2751 && again.userID == 77 && again.groupID == 78)
        #expect(again.modified == stored.modified && again.accessed == stored.accessed && again.changed == stored.changed)
        #expect(again.kind(isFolder: form.isFolder, size: form.size) == form.kind)
        // Without s3fs's names, the tool's own must say the same.
        let own = StoredMetadata(written.filter { form.metadata[$0.key] != nil }, isFolder: form.isFolder)
        #expect(own.permissions == nil || own.permissions == 0o2751)
        #expect(own.userID == nil || own.userID == 77)
        #expect(own.modified == nil || own.modified == stored.modified)
        #expect((try? StoredMetadata.check(written, maximumBytes: 2048)) != nil)
    }

    @Test(.timeLimit(.minutes(1)))
    func isWrittenInS3fsForm() {
        var stored = StoredMetadata()
        stored.permissions = 0o1644
        stored.userID = 0
        stored.groupID = 4_294_967_294
        stored.modified = Timestamp(seconds: -2, nanoseconds: 500_000_000)
        stored.changed = Timestamp(seconds: 1, nanoseconds: 1)
        stored.device = DeviceNumber(major: 8, minor: 1)
        let written = stored.written(over: ["color": "red", "atime": "5"], kind: .blockDevice)
        #expect(
            written == [
                "color": "red", "mode": "25508", "uid": "0", "gid": "4294967294", "mtime": "-2.500000000", "ctime": "1.000000001", "atime": "5",
                "rdev": "2049",
            ])
        var expected = stored
        expected.kind = .blockDevice
        expected.accessed = Timestamp(seconds: 5)
        #expect(StoredMetadata(written, isFolder: false) == expected)
    }

    /// Every mode that s3fs writes is read as it was meant, and every octal one but those that cannot be told apart.
    @Test(.timeLimit(.minutes(1)))
    func everyModeInDecimalAndOctal() throws {
        let types: [(FileKind, UInt32)] = [
            (.regular, 0o100000), (.directory, 0o040000), (.symbolicLink, 0o120000), (.fifo, 0o010000), (.socket, 0o140000),
            (.characterDevice, 0o020000), (.blockDevice, 0o060000),
        ]
        var misread: [FileKind: Int] = [:]
        for (kind, type) in types {
            for permissions in UInt32(0)...0o7777 {
                let isFolder = kind == .directory
                let decimal = StoredMetadata(["mode": String(type | permissions)], isFolder: isFolder)
                #expect(decimal.kind == kind && decimal.permissions == UInt16(permissions))
                let octal = String(type | permissions, radix: 8)
                let zero = StoredMetadata(["mode": "0" + octal], isFolder: isFolder)
                #expect(zero.kind == kind && zero.permissions == UInt16(permissions))
                let bare = StoredMetadata(["mode": octal], isFolder: isFolder)
                if bare.kind != kind || bare.permissions != UInt16(permissions) { misread[kind, default: 0] += 1 }
            }
        }
        #expect(misread[.regular] == nil && misread[.directory] == nil && misread[.symbolicLink] == nil && misread[.socket] == nil)
        #expect(misread.values.reduce(0, +) == 3970, "fifo and device nodes, whose octal modes are decimal modes of others")
    }

    @Test(.timeLimit(.minutes(1)))
    func contentIsNeverOutOfReach() {
        #expect(StoredMetadata(["mode": "4516"], isFolder: false).kind(isFolder: false, size: 1) == .regular)
        #expect(StoredMetadata(["mode": "41471"], isFolder: false).kind(isFolder: false, size: 0) == .regular)
        #expect(StoredMetadata(["mode": "41471"], isFolder: false).kind(isFolder: false, size: 4095) == .symbolicLink)
        #expect(StoredMetadata(["mode": "41471"], isFolder: false).kind(isFolder: false, size: 4096) == .regular)
        #expect(StoredMetadata(["mode": "16877"], isFolder: false).kind(isFolder: false, size: 0) == .regular)
        #expect(StoredMetadata(["mode": "33188"], isFolder: true).kind(isFolder: true, size: 0) == .directory)
    }

    @Test(.timeLimit(.minutes(1)))
    func devices() {
        #expect(StoredMetadata(["mode": "25008", "rdev": "2049"], isFolder: false).device == DeviceNumber(major: 8, minor: 1))
        #expect(StoredMetadata(["mode": "0060660", "rdev": "801"], isFolder: false).device == DeviceNumber(major: 8, minor: 1))
        #expect(StoredMetadata(["rdev": "0x801"], isFolder: false).device == DeviceNumber(major: 8, minor: 1))
    }

    @Test(.timeLimit(.minutes(1)))
    func theStoresLimits() {
        let metadata = ["mode": "33188", "a": String(repeating: "x", count: 90)]
        #expect(throws: Never.self) { try StoredMetadata.check(metadata, maximumBytes: 100) }
        #expect(throws: Errno.noSpace) { try StoredMetadata.check(metadata, maximumBytes: 99) }
        #expect(throws: Errno.inputOutput) { try StoredMetadata.check(["a": "é"], maximumBytes: 99) }
        #expect(throws: Errno.inputOutput) { try StoredMetadata.check(["a": "b\r\nc: d"], maximumBytes: 99) }
        #expect(throws: Errno.inputOutput) { try StoredMetadata.check(["a b": ""], maximumBytes: 99) }
        #expect(StoredMetadata.withoutDigests(["md5chksum": "x", "mtime": "1"]) == ["mtime": "1"])
    }
}
