import CFuse3
import FileSystemTypes
import Glibc

extension fuse_entry_param {
    init(_ entry: Entry) {
        self.init()
        ino = entry.inode.rawValue
        generation = UInt64(entry.generation)
        attr = entry.attributes.status
        attr_timeout = entry.attributeTTL.inSeconds
        entry_timeout = entry.nameTTL.inSeconds
    }
}

extension fuse_file_info {
    /// A handle that does not write has nothing to flush: closing it is then no request that its program waits for.
    init(_ opened: OpenReply, flushes: Bool) {
        self.init()
        fh = opened.handle.rawValue
        keep_cache = opened.keepCache ? 1 : 0
        cache_readdir = opened.cachesListing ? 1 : 0
        direct_io = opened.direct ? 1 : 0
        noflush = flushes ? 0 : 1
    }
}

/// What is open under a handle, for taking it back when open(2) was interrupted.
enum HandleKind {
    case file
    case directory
}

extension Request {
    /// The reference that `entry` stands for is taken back when the kernel does not get it.
    consuming func reply(_ entry: Entry) {
        let fileSystem = bridge.fileSystem
        let parameters = fuse_entry_param(entry)
        let delivered = send { raw in
            unsafe withUnsafePointer(to: parameters) { unsafe fuse_reply_entry(raw, $0) }
        }
        if !delivered { fileSystem.forget(entry.inode, count: 1) }
    }

    /// A name that is not there is an entry with inode 0, which the kernel remembers for `ttl`.
    consuming func reply(_ found: Lookup) {
        switch found {
        case .found(let entry): reply(entry)
        case .absent(let ttl) where ttl <= .zero: fail(.noSuchFile)
        case .absent(let ttl):
            var parameters = fuse_entry_param()
            parameters.entry_timeout = ttl.inSeconds
            _ = send { unsafe fuse_reply_entry($0, &parameters) }
        }
    }

    consuming func reply(_ reply: AttributeReply) {
        var status = reply.attributes.status
        let seconds = reply.ttl.inSeconds
        _ = send { unsafe fuse_reply_attr($0, &status, seconds) }
    }

    /// The handle is released when the kernel does not get it.
    consuming func reply(_ opened: OpenReply, _ kind: HandleKind, flushes: Bool) {
        let bridge = bridge
        var information = fuse_file_info(opened, flushes: flushes)
        if !send({ unsafe fuse_reply_open($0, &information) }) { bridge.release(opened.handle, kind) }
    }

    /// Entry and handle are taken back when the kernel does not get them.
    consuming func reply(_ entry: Entry, _ opened: OpenReply, flushes: Bool) {
        let bridge = bridge
        var parameters = fuse_entry_param(entry)
        var information = fuse_file_info(opened, flushes: flushes)
        guard !send({ unsafe fuse_reply_create($0, &parameters, &information) }) else { return }
        bridge.fileSystem.forget(entry.inode, count: 1)
        bridge.release(opened.handle, .file)
    }

    consuming func reply(written count: Int) {
        _ = send { unsafe fuse_reply_write($0, count) }
    }

    consuming func reply(position: Int64) {
        _ = send { unsafe fuse_reply_lseek($0, off_t(position)) }
    }

    consuming func reply(_ statistics: FileSystemStatistics) {
        var status = statvfs()
        status.f_bsize = UInt(statistics.blockSize)
        status.f_frsize = UInt(statistics.blockSize)
        status.f_blocks = UInt(statistics.totalBlocks)
        status.f_bfree = UInt(statistics.freeBlocks)
        status.f_bavail = UInt(statistics.freeBlocks)
        status.f_files = UInt(statistics.totalInodes)
        status.f_ffree = UInt(statistics.freeInodes)
        status.f_favail = UInt(statistics.freeInodes)
        status.f_namemax = UInt(statistics.maximumNameLength)
        _ = send { unsafe fuse_reply_statfs($0, &status) }
    }
}

extension Bridge {
    /// Takes back a handle that the kernel was not told of.
    func release(_ handle: Handle, _ kind: HandleKind) {
        background { fileSystem in
            switch kind {
            case .file: await fileSystem.release(handle)
            case .directory: await fileSystem.releaseDirectory(handle)
            }
        }
    }
}
