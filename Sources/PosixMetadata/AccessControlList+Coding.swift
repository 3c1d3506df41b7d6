package import FileSystemTypes

// The value of `system.posix_acl_access` and `system.posix_acl_default` (linux/posix_acl_xattr.h): the version in four bytes, then eight
// bytes for each entry - tag, permissions, id - all little-endian.
extension AccessControlList {
    private static let version: UInt32 = 2
    private static let noID = UInt32.max

    /// Nil for a value without entries, which takes a list away. Throws ENOTSUP for another version, EINVAL for anything that is no list.
    package static func decode(_ bytes: [UInt8]) throws(Errno) -> AccessControlList? {
        let entries = try entries(bytes)
        return entries.isEmpty ? nil : try valid(entries)
    }

    /// The entries as they stand there, valid or not: the kernel looks at who asks before it looks at what they say.
    static func entries(_ bytes: [UInt8]) throws(Errno) -> [Entry] {
        guard !bytes.isEmpty else { return [] }
        guard bytes.count >= 4, bytes.count % 8 == 4 else { throw .invalidArgument }
        guard number(bytes[0..<4]) == version else { throw .notSupported }
        var entries: [Entry] = []
        for start in stride(from: 4, to: bytes.count, by: 8) {
            guard let entry = entry(bytes[start..<start + 8]) else { throw .invalidArgument }
            entries.append(entry)
        }
        return entries
    }

    static func valid(_ entries: [Entry]) throws(Errno) -> AccessControlList {
        guard let list = AccessControlList(entries) else { throw .invalidArgument }
        return list
    }

    package var encoded: [UInt8] {
        var bytes = Self.bytes(Self.version, 4)
        for entry in entries {
            let (tag, id) = Self.tag(entry.subject)
            bytes += Self.bytes(tag, 2) + Self.bytes(UInt32(entry.access.rawValue), 2) + Self.bytes(id, 4)
        }
        return bytes
    }

    private static func entry(_ bytes: ArraySlice<UInt8>) -> Entry? {
        let start = bytes.startIndex
        let access = number(bytes[start + 2..<start + 4])
        guard let subject = subject(number(bytes[start..<start + 2]), number(bytes[(start + 4)...])) else { return nil }
        return Entry(subject, AccessMask(rawValue: Int32(access)))
    }

    private static func subject(_ tag: UInt32, _ id: UInt32) -> Subject? {
        switch tag {
        case 0x01: .owner
        case 0x02: id == noID ? nil : .user(id)
        case 0x04: .owningGroup
        case 0x08: id == noID ? nil : .group(id)
        case 0x10: .mask
        case 0x20: .other
        default: nil
        }
    }

    private static func tag(_ subject: Subject) -> (tag: UInt32, id: UInt32) {
        switch subject {
        case .owner: (0x01, noID)
        case .user(let id): (0x02, id)
        case .owningGroup: (0x04, noID)
        case .group(let id): (0x08, id)
        case .mask: (0x10, noID)
        case .other: (0x20, noID)
        }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func bytes(_ number: UInt32, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt32(8 * $0)) }
    }
}
