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
        var template = Array("\(path)/windlass-XXXXXX".utf8CString)
        let descriptor = unsafe template.withUnsafeMutableBufferPointer { buffer -> Int32 in
            guard let name = buffer.baseAddress else { return -1 }
            let descriptor = unsafe mkstemp(name)
            if descriptor >= 0 { unsafe _ = unlink(name) }
            return descriptor
        }
        guard descriptor >= 0 else { throw Errno.current }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return StagingFile(descriptor: descriptor, executor: executor)
    }
}
