package import ObjectStorage
package import PosixMetadata

/// How a volume shows a bucket.
package struct VolumeOptions: Sendable {
    /// Only keys that begin with it are part of the volume; empty or ending in `/`.
    package var prefix: Key = ""
    package var isReadOnly = false
    /// Owner and permissions of whatever has none stored with it.
    package var userID: UInt32 = 0
    package var groupID: UInt32 = 0
    package var filePermissions: UInt16 = 0o644
    package var directoryPermissions: UInt16 = 0o755
    /// Mode, owner, times and extended attributes are kept with the objects; else nothing in their metadata is believed or changed.
    package var keepsAttributes = true
    /// The kernel asks for POSIX ACLs and enforces them: new files inherit them. Only together with `keepsAttributes`.
    package var hasAccessLists = true
    /// `windlass.*` attributes are among those that a file is said to have; they can be asked for in any case. Programs that copy whatever is
    /// listed (rsync -X, cp -a) fail at them on other file systems.
    package var listsFacts = false
    /// When reading a file changes its access time.
    package var accessTimes = AccessTimePolicy.off
    /// How long what the store said of an object is believed.
    package var metadataTTL: Duration = .seconds(1)
    /// Whether an open asks the store for the file's version, even where what is known of it is still believed.
    package var revalidatesAtOpen = false
    /// A `metadataTTL` for what never changes.
    package static let forever = Duration.seconds(10 * 365 * 86_400)
    /// Files larger than this go up in parts of this size or more, in bytes.
    package var partSize: Int64 = 8 << 20
    /// A file that consists of more pieces than this is stored before it is changed further, so that memory stays bounded.
    package var largestMap = 65_536
    /// close(2) returns when the local disk has what was written; the upload follows.
    package var writesBack = false
    /// With `writesBack`: how long an upload waits for further changes.
    package var writeBackDelay: Duration = .zero
    /// How long changed attributes of a file that nobody writes wait for further changes, on the local disk.
    package var attributeDelay: Duration = .seconds(1)
    /// With `writesBack`: how long a deletion waits for another that goes with it, but no more than a second.
    package var deletionDelay: Duration = .milliseconds(300)
    /// How long a deletion waits for the release of a handle that seems to be closed, before it keeps the content for it.
    package var longestRelease: Duration = .milliseconds(200)
    /// How long the rename of a folder waits before it is gone on with after the store has refused a request.
    package var renameRetry: Duration = .seconds(5)
    /// fsync(2) waits for the local disk only.
    package var syncsLocally = false
    package var onConflict: ConflictRule = .fail
    package var appends: AppendRule = .automatic
    /// Several writers append to the same objects: what is added here goes behind what others have added.
    package var sharesAppends = false
    /// How long appended bytes wait for more before they are sent, while nobody closes or syncs the file.
    package var appendInterval: Duration = .seconds(5)
    /// Requests with file contents that run at the same time, each way.
    package var transfers = 16
    /// How many inodes are kept in memory while nobody uses them; beyond that the kernel is asked to let go of files.
    package var maximumInodes = 100_000
    /// How many names that listings have shown are kept in memory.
    package var maximumListedNames = 50_000
    /// What an inode takes, in bytes, with all that belongs to it; and a name that a listing has shown.
    package static var bytesPerInode: Int { HeldMemory.inode }
    package static var bytesPerListedName: Int { HeldMemory.listedName }
    /// Requests for attributes that somebody will want soon, at the same time.
    package var attributeRequests = 56

    package init() {}
}

/// What happens to a file that somebody else has changed in the store since it was opened here.
package enum ConflictRule: Sendable {
    /// close(2) and fsync(2) fail with ESTALE; what was written here is kept on the local disk.
    case fail
    /// What was written here is stored under another name beside it.
    case keepBoth
    case overwrite
}

/// How files that are opened with `O_APPEND` are stored.
package enum AppendRule: Sendable {
    /// New ones become objects that can grow where the store has them; others grow if they can.
    case automatic
    /// As `automatic`, and an object that cannot grow is not appended to: EPERM.
    case native
    /// Always by a copy and a further part.
    case copy
}
