internal import FileSystemTypes
internal import Glibc

/// The folder of a cache: its marker, and files of blocks with names by age. Several processes may use it at once.
///
/// All calls block on the local disk.
struct CacheFolder: Sendable {
    /// Says that the folder is a cache. Whoever makes, completes or removes files holds a lock on it.
    static let markerName = "windlass-cache"
    private static let markerText = "What windlass has read from object storage. All of it may be deleted at any time.\n"

    let path: String

    // MARK: Taking possession

    /// Makes the folder if it is missing, and refuses one that holds anything else, or that others may enter.
    func claim() throws(CacheError) {
        try make()
        let names = try contents()
        let isMarked = names.contains(Self.markerName)
        guard isMarked || names.allSatisfy({ SegmentName($0) != nil }) else {
            throw CacheError("\(path) is not empty and no cache of windlass; choose an empty or new folder for --cache-dir")
        }
        try checkPrivate(isEmpty: names.isEmpty)
        if !isMarked { try mark() }
    }

    private func make() throws(CacheError) {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/" + part
            guard unsafe mkdir(made, 0o700) != 0 else { continue }
            let errno = Errno.current
            guard unsafe errno == .exists || access(made, F_OK) == 0 else {
                throw CacheError("cannot make the folder \(made) for the cache: \(errno)")
            }
        }
    }

    private func contents() throws(CacheError) -> [String] {
        do throws(Errno) {
            return try names()
        } catch {
            throw CacheError("cannot use \(path) for the cache: \(error); choose another --cache-dir")
        }
    }

    private func checkPrivate(isEmpty: Bool) throws(CacheError) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw CacheError("cannot use \(path) for the cache: \(Errno.current)") }
        guard status.st_uid == geteuid() else {
            throw CacheError("\(path) belongs to user \(status.st_uid); choose another folder for --cache-dir")
        }
        guard status.st_mode & 0o077 != 0 else { return }
        guard unsafe isEmpty && chmod(path, 0o700) == 0 else {
            throw CacheError("\(path) is open to other users, and holds what was read; run `chmod 700 \(path)`, or choose another --cache-dir")
        }
    }

    private func mark() throws(CacheError) {
        do throws(Errno) {
            let marker = try SegmentFile.make(filePath(Self.markerName), mayExist: true)
            try marker.write(Array(Self.markerText.utf8), at: 0)
        } catch {
            throw CacheError("cannot write in \(path): \(error); free some space, or choose another --cache-dir")
        }
    }

    // MARK: Files

    func filePath(_ name: String) -> String { "\(path)/\(name)" }

    /// The files of blocks, in no order.
    func segments() throws(Errno) -> [SegmentName] {
        try names().compactMap { SegmentName($0) }
    }

    private func names() throws(Errno) -> [String] {
        guard let stream = unsafe opendir(path) else { throw Errno.current }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Bytes that the disk has given for the file, also in advance; nil when it is gone.
    func space(of name: SegmentName) -> Int64? {
        var status = stat()
        guard unsafe lstat(filePath(name.text), &status) == 0 else { return nil }
        return Int64(status.st_blocks) * 512
    }

    /// False when it was gone already, or cannot be removed.
    @discardableResult func remove(_ name: SegmentName) -> Bool {
        unsafe unlink(filePath(name.text)) == 0
    }

    /// Bytes that an unprivileged process can still write on the folder's disk (statvfs(3), `f_bavail`).
    func freeSpace() throws(Errno) -> Int64 {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { throw Errno.current }
        return Int64(clamping: status.f_bavail) * Int64(clamping: status.f_frsize)
    }

    /// Something that is another one once files have come or gone; nil when there is no folder.
    func stamp() -> [Int64]? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return [Int64(status.st_dev), Int64(bitPattern: UInt64(status.st_ino)), Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec)]
    }

    // MARK: Lock

    /// Runs `body` while no other process makes, completes or removes files; fails with `busy` when that lasts for a second.
    func exclusively<Result>(_ body: () throws(Errno) -> Result) throws(Errno) -> Result {
        let marker = try SegmentFile.make(filePath(Self.markerName), mayExist: true)
        for _ in 0..<100 {
            if marker.lock() {
                defer { marker.unlock() }
                return try body()
            }
            usleep(10_000)
        }
        throw .busy
    }
}
