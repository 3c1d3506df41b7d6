internal import FileSystemTypes
internal import Glibc
internal import ObjectStorage

/// Owner, mode and times as they are kept in an object's user metadata, in the names and forms of s3fs:
/// `mode` is the decimal `st_mode` with its type, `uid` and `gid` are decimal, `mtime` and `ctime` are seconds with an optional fraction.
struct StoredAttributes: Hashable, Sendable {
    var permissions: UInt16?
    var userID: UInt32?
    var groupID: UInt32?
    var modified: Timestamp?
    var changed: Timestamp?

    private static let names = ["mode", "uid", "gid", "mtime", "ctime"]

    init() {}

    init(_ metadata: [String: String]) {
        permissions = metadata["mode"].flatMap(Self.permissions)
        userID = metadata["uid"].flatMap { UInt32($0) }
        groupID = metadata["gid"].flatMap { UInt32($0) }
        modified = metadata["mtime"].flatMap(Self.timestamp)
        changed = metadata["ctime"].flatMap(Self.timestamp)
    }

    /// These attributes in the place of those in `metadata`; everything else in it stays.
    func merged(into metadata: [String: String], kind: FileKind) -> [String: String] {
        var result = metadata.filter { !Self.names.contains($0.key) }
        let type = UInt32(kind == .directory ? S_IFDIR : S_IFREG)
        result["mode"] = permissions.map { String(type | UInt32($0)) }
        result["uid"] = userID.map { String($0) }
        result["gid"] = groupID.map { String($0) }
        result["mtime"] = modified.map(Self.text)
        result["ctime"] = changed.map(Self.text)
        return result
    }

    /// A leading zero means octal, as other tools write it; otherwise the number is decimal if it names a type, and octal if not.
    private static func permissions(_ text: String) -> UInt16? {
        let isOctal = text.hasPrefix("0")
        if !isOctal, let decimal = UInt32(text), decimal < 0o200000, isType(decimal & UInt32(S_IFMT)) { return UInt16(decimal & 0o7777) }
        return UInt32(text, radix: 8).map { UInt16($0 & 0o7777) }
    }

    private static func isType(_ bits: UInt32) -> Bool {
        [S_IFREG, S_IFDIR, S_IFLNK, S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK].contains { UInt32($0) == bits }
    }

    private static func timestamp(_ text: String) -> Timestamp? {
        let parts = text.split(separator: ".", maxSplits: 1)
        guard let first = parts.first, let seconds = Int64(first) else { return nil }
        let digits = (parts.dropFirst().first ?? "0").prefix(9)
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        return Timestamp(seconds: seconds, nanoseconds: Int32(digits + String(repeating: "0", count: 9 - digits.count)) ?? 0)
    }

    private static func text(_ time: Timestamp) -> String {
        let digits = String(time.nanoseconds)
        return "\(time.seconds).\(String(repeating: "0", count: 9 - digits.count))\(digits)"
    }
}
