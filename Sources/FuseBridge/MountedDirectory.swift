import Glibc

/// A mount of Windlass seen from another process.
package enum MountedDirectory {
    /// The mount point that `path` names. Asks the mounted file system nothing: a dead mount is found, too.
    package static func find(_ path: String) throws(FuseError) -> String {
        let mountPoint = absolute(path)
        guard let mount = MountTable.topmost(at: mountPoint), mount.type == "fuse.windlass" else { throw .notMounted(path: path) }
        return mountPoint
    }

    /// As umount(8); throws `busy` while files in it are open.
    package static func unmount(_ mountPoint: String) throws(FuseError) {
        try Unmounting.unmount(mountPoint)
    }

    /// Takes it out of the tree at once, whoever uses it.
    package static func detach(_ mountPoint: String) throws(FuseError) {
        try Unmounting.detach(mountPoint)
    }

    /// The folder above is resolved, the last name is taken as it is: looking at it could hang.
    private static func absolute(_ path: String) -> String {
        var path = path[...]
        while path.count > 1, path.hasSuffix("/") { path = path.dropLast() }
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let name = slash.map { path[path.index(after: $0)...] } ?? path
        guard name != ".", name != "..", let resolved = unsafe realpath(folder, nil) else { return resolvedWhole(path) }
        defer { unsafe free(resolved) }
        let parent = unsafe String(cString: resolved)
        return parent == "/" ? "/\(name)" : "\(parent)/\(name)"
    }

    private static func resolvedWhole(_ path: Substring) -> String {
        guard let resolved = unsafe realpath(String(path), nil) else { return String(path) }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }
}
