package import FileSystemTypes
internal import Glibc
package import Threads

/// The folder on a local disk where bytes wait for their upload.
///
/// Its files have no name: whatever ends the process, the kernel takes their space back.
package struct StagingFolder: Sendable {
    package let path: String
    private let executor: BlockingExecutor

    /// `executor` runs reads that are made on behalf of an upload.
    package init(path: String, executor: BlockingExecutor) {
        self.path = path
        self.executor = executor
    }

    /// An empty file. Fails with the reason open(2) gives, e.g. `ENOSPC` or `EROFS`. Blocks on the local disk.
    package func makeFile() throws(Errno) -> StagingFile {
        let descriptor = unsafe open(path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0o600)
        if descriptor >= 0 { return StagingFile(descriptor: descriptor, executor: executor) }
        guard Errno.current == Errno.notSupported || Errno.current == Errno.isDirectory else { throw Errno.current }
        return try makeUnlinkedFile()
    }

    /// For file systems without `O_TMPFILE`.
    private func makeUnlinkedFile() throws(Errno) -> StagingFile {
        var template = Array("\(path)/windlass-XXXXXX".utf8CString)
        let descriptor = unsafe template.withUnsafeMutableBufferPointer { unsafe mkostemp($0.baseAddress, O_CLOEXEC) }
        guard descriptor >= 0 else { throw Errno.current }
        unsafe _ = template.withUnsafeBufferPointer { unsafe unlink($0.baseAddress) }
        return StagingFile(descriptor: descriptor, executor: executor)
    }
}
