import CFuse3

/// What is agreed with the kernel in INIT.
enum Negotiation {
    private static let wanted =
        FUSE_CAP_ASYNC_READ | FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_AUTO_INVAL_DATA
        | FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_CACHE_SYMLINKS | FUSE_CAP_EXPORT_SUPPORT
    private static let listings = FUSE_CAP_READDIRPLUS | FUSE_CAP_READDIRPLUS_AUTO
    private static let accessControl = FUSE_CAP_POSIX_ACL | FUSE_CAP_DONT_MASK

    /// Replaces libfuse's defaults.
    ///
    /// Left out on purpose: the write-back cache (the kernel would hide what was written, and when); `DONT_MASK` without ACLs (the kernel
    /// applies the umask); `ASYNC_DIO` (a program in a direct read could not be interrupted, nor killed); splicing (the bytes are in
    /// memory already, and reading requests through a pipe only pays off for `write_buf`).
    ///
    /// `HANDLE_KILLPRIV` stays off: it would leave clearing the set-id bits to the file system and save nothing. Its second version, which saves
    /// a request for each write, is unknown to libfuse 3.14: `SetIDClearing` agrees on it for file systems that want it.
    static func apply(_ options: MountOptions, to connection: inout fuse_conn_info) {
        var wanted = wanted
        if options.attributesInListings { wanted |= listings }
        if options.accessControlLists { wanted |= accessControl }
        connection.want = UInt32(bitPattern: wanted) & connection.capable
        connection.max_write = UInt32(options.maxWrite)
        connection.max_read = UInt32(options.maxRead)
        connection.max_readahead = max(connection.max_readahead, UInt32(options.readAheadKiB) << 10)
        connection.max_background = 64
        connection.congestion_threshold = 48
    }
}
