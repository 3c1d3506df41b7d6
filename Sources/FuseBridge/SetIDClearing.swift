import CFuse3
import FileSystemTypes
import Glibc
import Synchronization

/// Agrees with the kernel that the file system clears set-id bits (`FUSE_HANDLE_KILLPRIV_V2`, protocol 7.33), of which libfuse 3.14 does not know.
///
/// Without it the kernel asks for `security.capability` before each write(2) of a file system that has extended attributes: nearly half of the
/// rate of small writes. libfuse lets a program exchange its messages with the kernel itself; this one sets a bit in one of them, the
/// answer to INIT, and passes on all others as they are.
enum SetIDClearing {
    /// In `fuse_init_out.flags` (linux/fuse.h).
    private static let flag: UInt32 = 1 << 28
    private static let firstMinor: UInt32 = 33
    /// Of `fuse_out_header.unique`, in bytes; notifications have 0 there.
    private static let uniqueOffset = 8
    /// Of `fuse_init_out.flags`, in bytes.
    private static let flagsOffset = 12

    /// Called when the session is mounted, before its loop. Whether libfuse agrees.
    static func install(_ session: OpaquePointer) -> Bool {
        var exchange = unsafe fuse_custom_io(writev: send, read: receive, splice_receive: nil, splice_send: nil)
        return unsafe fuse_session_custom_io(session, &exchange, fuse_session_fd(session)) == 0
    }

    /// Called from INIT, with what the kernel offers: lets its answer be changed.
    static func prepare(_ bridge: Bridge, _ connection: fuse_conn_info) {
        guard bridge.fileSystem.clearsSetID, connection.proto_minor >= firstMinor else { return }
        bridge.changesInitReply.store(true, ordering: .relaxed)
    }

    private static let receive: @convention(c) (Int32, UnsafeMutableRawPointer?, Int, UnsafeMutableRawPointer?) -> Int = {
        descriptor, buffer, size, _ in
        unsafe read(descriptor, buffer, size)
    }

    private static let send: @convention(c) (Int32, UnsafeMutablePointer<iovec>?, Int32, UnsafeMutableRawPointer?) -> Int = {
        descriptor, vectors, count, userData in
        let bridge = unsafe Bridge.of(userData: userData)
        if bridge.changesInitReply.load(ordering: .relaxed), count == 2, let vectors = unsafe vectors { unsafe change(vectors, bridge) }
        return unsafe writev(descriptor, vectors, count)
    }

    /// The first answer after INIT was handled is that to INIT: the kernel asks nothing else before it has it.
    private static func change(_ vectors: UnsafeMutablePointer<iovec>, _ bridge: Bridge) {
        let (header, body) = unsafe (vectors[0], vectors[1])
        guard let header = unsafe header.iov_base, unsafe body.iov_len >= flagsOffset + MemoryLayout<UInt32>.size else { return }
        guard let body = unsafe body.iov_base, unsafe header.loadUnaligned(fromByteOffset: uniqueOffset, as: UInt64.self) != 0 else { return }
        let flags = unsafe body.loadUnaligned(fromByteOffset: flagsOffset, as: UInt32.self)
        unsafe body.storeBytes(of: flags | flag, toByteOffset: flagsOffset, as: UInt32.self)
        bridge.changesInitReply.store(false, ordering: .relaxed)
    }
}
