/// How a file system is mounted (mount.fuse3(8)).
///
/// The kernel always checks permissions by mode and owner (`default_permissions`).
package struct MountOptions: Sendable {
    /// The directory; absolute, as `MountPoint.check` gives it.
    package var mountPoint: String
    /// What /proc/mounts shows as the source.
    package var fsName: String
    /// /proc/mounts shows the type as `fuse.` and this.
    package var subtype = "windlass"
    package var readOnly = false
    /// Other users may enter, too (root, or `user_allow_other` in /etc/fuse.conf).
    package var allowOther = false
    /// Threads that take requests from the kernel, and as many again for operations that had to wait.
    package var maxThreads = 16
    /// The largest read and write request, in bytes; libfuse 3.14 handles up to 256 pages.
    package var maxRead = 1 << 20
    package var maxWrite = 1 << 20
    /// How far the kernel reads ahead in a sequential file, in KiB; raising it over 128 needs root.
    ///
    /// One request of the largest size: more is not faster, and each page fault in a mapped file reads this much around it.
    package var readAheadKiB = 1024
    /// Listings may bring the attributes along where the kernel thinks that it will need them.
    package var attributesInListings = true
    /// The kernel checks POSIX ACLs (acl(5)), which it reads and writes as extended attributes. The file system then keeps the mode
    /// in step with them, lets new files inherit them, and applies `Caller.umask` itself where there is none to inherit.
    package var accessControlLists = false
    /// Each worker reads the device through a descriptor of its own.
    package var cloneDevice = false
    /// Further options for libfuse, each as after `-o`.
    package var extra: [String] = []

    package init(mountPoint: String, fsName: String) {
        self.mountPoint = mountPoint
        self.fsName = fsName
    }

    /// The command line that libfuse parses.
    package var arguments: [String] {
        var options = [
            "fsname=" + Self.escaped(fsName), "subtype=" + Self.escaped(subtype), "default_permissions", "max_read=\(maxRead)",
        ]
        if readOnly { options.append("ro") }
        if allowOther { options.append("allow_other") }
        return [subtype] + (options + extra).map { "-o" + $0 }
    }

    /// libfuse splits options at commas; a backslash keeps the next character as it is.
    private static func escaped(_ value: String) -> String {
        var result = ""
        for character in value {
            if character == "," || character == "\\" { result.append("\\") }
            result.append(character)
        }
        return result
    }
}
