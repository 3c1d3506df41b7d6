/// Something that the kernel remembers and is to know better.
package enum KernelNotification: Hashable, Sendable {
    /// The attributes that it has of an inode are old.
    case attributes(Inode)
    /// The attributes and the pages that it has of a file are old; nil: all pages. Pages that touch the range go as a whole.
    case content(Inode, ByteRange?)
    /// The name leads elsewhere, or nowhere. What is mounted below it is detached.
    case name(FileName, parent: Inode)
    /// The name is to be looked up again before it is next used; softer than `name`, on kernels before 6.2 the same.
    case expiredName(FileName, parent: Inode)
    /// As `name`, for one whose inode has been removed: programs that watch it learn so (inotify(7)).
    case removedName(FileName, parent: Inode, child: Inode)
    /// Nothing is to be known of these any more: the kernel forgets those that no program uses, folders among them. At most `KernelNotifierLimit.unused`
    /// of them, and only where the kernel `prunes`.
    case unused([Inode])
}

/// The way from a file system to the kernel, without a question.
///
/// A notification takes locks in the kernel which a running request may hold (an entry waits for requests on its directory). So it is
/// sent later, by a thread of its own, and nothing may wait for it. Any thread may call, also while answering a request.
package protocol KernelNotifier: Sendable {
    /// Queues a notification and returns at once. False when it is dropped, because the queue is full or the mount has ended:
    /// the kernel then believes what it has until its time is up.
    @discardableResult func notify(_ notification: KernelNotification) -> Bool

    /// As `notify`: gives the kernel bytes of a file before it asks for them. They must be within the size that it knows, of the version that
    /// its other pages are of, and not over `KernelNotifierLimit.stored`.
    @discardableResult func store(_ bytes: Bytes, of inode: Inode, at offset: Int64) -> Bool

    /// Whether the kernel understands `KernelNotification.unused`: from Linux 6.18 on.
    var prunes: Bool { get }
}

/// What may wait to be sent to the kernel.
package enum KernelNotifierLimit {
    package static let queued = 4096
    /// Inodes in one `KernelNotification.unused`.
    package static let unused = 1024
    /// In one `store`, in bytes.
    package static let stored = 1 << 20
    /// In all stores that wait, in bytes.
    package static let storedTogether = 16 << 20
}
