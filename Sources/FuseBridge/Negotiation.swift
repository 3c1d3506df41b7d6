import CFuse3

/// What is agreed with the kernel in INIT.
enum Negotiation {
    private static let wanted =
        FUSE_CAP_ASYNC_READ | FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_AUTO_INVAL_DATA
        | FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_CACHE_SYMLINKS
    private static let listings = FUSE_CAP_READDIRPLUS | FUSE_CAP_READDIRPLUS_AUTO

    /// Replaces libfuse's defaults.
    ///
    /// Left out on purpose: the write-back cache (the kernel would hide what was written, and when); `DONT_MASK` (the kernel
    /// applies the umask); `ASYNC_DIO` (a program in a direct read could not be interrupted, nor killed); `HANDLE_KILLPRIV` (the kernel clears set-id bits itself); splicing (the bytes are in memory
    /// already, and reading requests through a pipe only pays off for `write_buf`).
    static func apply(_ options: MountOptions, to connection: inout fuse_conn_info) {
        let wanted = options.attributesInListings ? wanted | listings : wanted
        connection.want = UInt32(bitPattern: wanted) & connection.capable
        connection.max_write = UInt32(options.maxWrite)
        connection.max_read = UInt32(options.maxRead)
        connection.max_readahead = max(connection.max_readahead, UInt32(options.readAheadKiB) << 10)
        connection.max_background = 64
        connection.congestion_threshold = 48
    }
}
