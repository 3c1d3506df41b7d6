internal import FileSystemTypes
internal import Synchronization

/// Counts the bytes of all staging files, and keeps them under a limit and the disk above a floor of free space.
///
/// Counted is what the disk gives: whole pages of 4 KiB. Several writers at the floor at once may undercut it by one write each.
package final class StagingSpace: Sendable {
    /// What a file's length is rounded up to.
    static let unit: Int64 = 4096

    private let path: String
    private let files: any FileOperations
    /// In bytes.
    package let limit: Int64
    /// In bytes that stay free on the disk for others.
    package let floor: Int64
    private let taken = Mutex<Int64>(0)

    init(path: String, limit: Int64, floor: Int64, files: any FileOperations) {
        self.path = path
        self.limit = limit
        self.floor = floor
        self.files = files
    }

    /// Bytes on the disk that staging files hold now.
    package var used: Int64 { taken.withLock { $0 } }

    /// Takes `bytes`, or fails with `full` and takes nothing.
    func reserve(_ bytes: Int64) throws(StateError) {
        guard bytes > 0 else { return }
        let fits = taken.withLock { taken in
            guard taken + bytes <= limit else { return false }
            taken += bytes
            return true
        }
        guard fits else {
            throw StateError(.full, "the \(limit) bytes of --staging-size are used up; wait for uploads, or mount with a larger one")
        }
        do throws(StateError) {
            try checkFloor(bytes)
        } catch {
            release(bytes)
            throw error
        }
    }

    /// Counts what lay on the disk before.
    func adopt(_ bytes: Int64) {
        taken.withLock { $0 += bytes }
    }

    func release(_ bytes: Int64) {
        taken.withLock { taken in
            precondition(bytes >= 0 && bytes <= taken, "more staging space is given back than was taken")
            taken -= bytes
        }
    }

    private func checkFloor(_ bytes: Int64) throws(StateError) {
        let free: Int64
        do throws(Errno) {
            free = try files.freeSpace(path)
        } catch {
            throw .call("ask for the free space of \(path)", error)
        }
        guard free - bytes >= floor else {
            throw StateError(.full, "the disk of \(path) has only \(free) bytes left, and \(floor) are to stay free; free some there")
        }
    }

    /// What `length` bytes take on the disk.
    static func rounded(_ length: Int64) -> Int64 {
        (length + unit - 1) / unit * unit
    }
}
