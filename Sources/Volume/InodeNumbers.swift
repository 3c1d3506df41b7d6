internal import FileSystemTypes

/// Inode numbers made from paths, so that a file has the same number after a remount.
enum InodeNumbers {
    /// FNV-1a over the path's bytes, then mixed so that the low bits depend on all of it. Never 0 or 1.
    static func preferred(for path: [FileName]) -> Inode {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        for name in path {
            add(UInt8(ascii: "/"))
            for byte in name.bytes { add(byte) }
        }
        hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
        hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
        return valid(hash ^ (hash >> 31))
    }

    /// The number to try when `inode` belongs to another file.
    static func next(after inode: Inode) -> Inode {
        valid(inode.rawValue &+ 0x9e37_79b9_7f4a_7c15)
    }

    private static func valid(_ number: UInt64) -> Inode {
        Inode(number <= Inode.root.rawValue ? number &+ 2 : number)
    }
}
