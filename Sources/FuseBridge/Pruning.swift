import FileSystemTypes
import Glibc

/// Tells the kernel of inodes that it need not remember (`FUSE_NOTIFY_PRUNE`, protocol 7.45), for which libfuse 3.14 has no call.
///
/// The kernel drops the names of those that no program uses at that moment, and then forgets them. It takes no lock of their folders for that,
/// and many go in one message.
enum Pruning {
    /// Of `enum fuse_notify_code` (linux/fuse.h).
    private static let code: Int32 = 9
    private static let firstMinor: UInt32 = 45
    /// Of `fuse_out_header.error`, where a notification has its code, in bytes.
    private static let codeOffset = 4
    /// Of `fuse_notify_prune_out.count`, behind the header, in bytes.
    private static let countOffset = 16
    /// Of the first inode, in bytes.
    private static let inodesOffset = 32

    /// `minor`: what the kernel offers in INIT.
    static func isKnown(_ minor: UInt32) -> Bool { minor >= firstMinor }

    /// 0, or a negated errno. `session`: the descriptor of the session.
    static func send(_ inodes: [Inode], _ session: Int32) -> Int32 {
        var message = [UInt8](repeating: 0, count: inodesOffset + inodes.count * MemoryLayout<UInt64>.size)
        let written = unsafe message.withUnsafeMutableBytes { buffer in
            unsafe buffer.storeBytes(of: UInt32(buffer.count), as: UInt32.self)
            unsafe buffer.storeBytes(of: code, toByteOffset: codeOffset, as: Int32.self)
            unsafe buffer.storeBytes(of: UInt32(inodes.count), toByteOffset: countOffset, as: UInt32.self)
            for (index, inode) in inodes.enumerated() {
                let offset = inodesOffset + index * MemoryLayout<UInt64>.size
                unsafe buffer.storeBytes(of: inode.rawValue, toByteOffset: offset, as: UInt64.self)
            }
            return unsafe write(session, buffer.baseAddress, buffer.count)
        }
        return written < 0 ? -errno : 0
    }
}
