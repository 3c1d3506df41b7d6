import CFuse3
import FileSystemTypes
import Glibc

/// How many entries to ask for so that they about fill the kernel's buffer: those that do not fit were asked for in vain.
enum DirectoryPage {
    /// struct fuse_dirent with a name of a dozen bytes.
    private static let typicalEntry = 40
    /// struct fuse_direntplus with such a name.
    private static let typicalEntryPlus = 168

    static func limit(bytes: Int) -> Int { max(1, bytes / typicalEntry) }
    static func limitPlus(bytes: Int) -> Int { max(1, bytes / typicalEntryPlus) }
}

extension DirectoryEntry {
    /// `.` or `..`, which the kernel never counts as a reference.
    fileprivate var isDots: Bool {
        name == [UInt8(ascii: ".")] || name == [UInt8(ascii: "."), UInt8(ascii: ".")]
    }

    /// As much of stat as a directory shows.
    fileprivate var status: stat {
        var status = stat()
        status.st_ino = UInt(inode.rawValue)
        status.st_mode = kind?.modeBits ?? 0
        return status
    }

    @safe fileprivate func withName<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        unsafe (name + [0]).withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress else { preconditionFailure("a terminated name is never empty") }
            return unsafe body(start.assumingMemoryBound(to: CChar.self))
        }
    }
}

extension Request {
    /// As many of `entries` as fit into `size` bytes.
    consuming func reply(_ entries: [DirectoryEntry], size: Int) {
        _ = send { raw in
            unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer in
                var used = 0
                for entry in entries {
                    let needed = unsafe Self.add(entry, to: UnsafeMutableBufferPointer(rebasing: buffer[used...]), raw)
                    guard used + needed <= size else { break }
                    used += needed
                }
                return unsafe fuse_reply_buf(raw, buffer.baseAddress, used)
            }
        }
    }

    /// As many of `entries` as fit into `size` bytes. The references of the others are taken back, and of all when the
    /// kernel does not get the answer.
    consuming func reply(_ entries: [DirectoryEntryPlus], size: Int) {
        let fileSystem = bridge.fileSystem
        var packed = 0
        let delivered = send { raw in
            unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer in
                var used = 0
                for entry in entries {
                    let needed = unsafe Self.add(entry, to: UnsafeMutableBufferPointer(rebasing: buffer[used...]), raw)
                    guard used + needed <= size else { break }
                    used += needed
                    packed += 1
                }
                return unsafe fuse_reply_buf(raw, buffer.baseAddress, used)
            }
        }
        for (index, entry) in entries.enumerated() where !delivered || index >= packed || entry.listed.isDots {
            if let entry = entry.entry { fileSystem.forget(entry.inode, count: 1) }
        }
    }

    /// Writes the entry when it fits; gives the bytes it takes.
    private static func add(_ entry: DirectoryEntry, to buffer: UnsafeMutableBufferPointer<CChar>, _ raw: fuse_req_t) -> Int {
        var status = entry.status
        return entry.withName {
            unsafe fuse_add_direntry(raw, buffer.baseAddress, buffer.count, $0, &status, off_t(truncatingIfNeeded: entry.cookie))
        }
    }

    /// Inode 0 says that the kernel gets no attributes and no reference.
    private static func add(_ entry: DirectoryEntryPlus, to buffer: UnsafeMutableBufferPointer<CChar>, _ raw: fuse_req_t) -> Int {
        let known = entry.listed.isDots ? nil : entry.entry
        var parameters = known.map { fuse_entry_param($0) } ?? fuse_entry_param()
        if known == nil { parameters.attr = entry.listed.status }
        return entry.listed.withName {
            unsafe fuse_add_direntry_plus(raw, buffer.baseAddress, buffer.count, $0, &parameters, off_t(truncatingIfNeeded: entry.listed.cookie))
        }
    }
}
